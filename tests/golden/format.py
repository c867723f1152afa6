# SPDX-License-Identifier: MIT
"""format.py CONNSPAN: docs/format.md tells every key of the schema and no other; its examples are real."""
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TAPE = ROOT / "tests" / "golden" / "demo" / "events.tape"
FORMATS = "ndjson", "csv", "otlp", "har", "trace", "prometheus"


def replay(connspan, form):
    ended = subprocess.run([connspan, "replay", TAPE, "-q", "-f", form], capture_output=True,
                           timeout=60, check=True)
    return ended.stdout.decode()


def sections(text):
    """{heading: text below it} of the third level."""
    parts = re.split(r"^##+ (.*)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def told(text):
    """The names in the first cells of the tables."""
    cells = re.findall(r"^\| ([^|]*) \|", text, flags=re.M)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def complaints(connspan, text):
    schema = json.loads((ROOT / "docs" / "entry.schema.json").read_text(encoding="utf-8"))
    found = sections(text)
    for name, part in schema["$defs"].items():
        if part.get("type") != "object" or name == "anchor":
            continue
        wanted, have = set(part["properties"]), told(found.get(name, ""))
        for key in sorted(wanted ^ set(have)):
            yield f"{name}.{key}: " + ("is not told" if key in wanted else "does not exist")
        yield from (f"{name}.{key}: told twice" for key in set(have) if have.count(key) > 1)
    for form in FORMATS:
        written = replay(connspan, form)
        examples = re.findall(rf"^```{form}\n(.*?)\n```$", text, flags=re.M | re.S)
        if not examples:
            yield f"{form}: no example"
        yield from (f"{form}: is not written: {e}" for e in examples if e not in written)
        if form == "prometheus":
            metrics = set(re.findall(r"^# TYPE (\w+)", written, flags=re.M))
            yield from (f"{name}: is not told" for name in metrics - set(told(found[form])))


def main():
    text = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    bad = list(complaints(sys.argv[1], text))
    print("\n".join(bad))
    sys.exit(bool(bad))


main()
