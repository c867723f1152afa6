#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Validates NDJSON files against docs/entry.schema.json: schema.py FILE...

Exit status: 0 all lines are valid, 1 some are not (each is said), 2 usage, 77 no jsonschema here.
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((ROOT / "docs" / "entry.schema.json").read_text(encoding="utf-8"))
KINDS = {"connspan.header": "header", "resource": "resource", "connspan.stats": "stats"}


def validator(kind):
    """One kind of line alone: its errors are readable, those of a oneOf are not."""
    schema = {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{kind}"}
    return jsonschema.Draft202012Validator(schema)


VALIDATORS = {name: validator(kind) for name, kind in KINDS.items()}


def faults(line):
    """What is wrong with one line, in words."""
    try:
        value = json.loads(line)
    except ValueError as error:
        return [f"no JSON: {error}"]
    kind = value.get("entryType") if isinstance(value, dict) else None
    if kind not in VALIDATORS:
        return [f"entryType {kind!r} is none of {', '.join(KINDS)}"]
    return [
        f"{'.'.join(map(str, error.absolute_path)) or kind}: {error.message}"
        for error in VALIDATORS[kind].iter_errors(value)
    ]


def file_faults(path):
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        yield data.count(b"\n") + 1, "the last line does not end" if data else "is empty"
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        if number == 1 and b'"entryType":"connspan.header"' not in line:
            yield number, "the first line is no header"
        for fault in faults(line):
            yield number, fault


def main(paths):
    if not paths:
        print("usage: schema.py FILE...", file=sys.stderr)
        return 2
    bad = 0
    for path in map(pathlib.Path, paths):
        for number, fault in file_faults(path):
            print(f"{path}:{number}: {fault}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
