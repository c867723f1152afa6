# SPDX-License-Identifier: MIT
"""files.py CONNSPAN CASE: what a tape is written to, files of every format rotated and compressed.

For a build under ThreadSanitizer, whose findings are a status of their own. How many files are
compressed or removed before the end is a matter of time, that there are closed ones is not.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 10
NAMES = ("a.ndjson", "b.csv", "c.har", "d.trace.json", "e.otlp.jsonl", "f.prom")


def write(connspan, tape, folder):
    outputs = [word for name in NAMES for word in ("-o", folder / name)]
    ended = subprocess.run(
        [connspan, "replay", tape, "-q", *outputs, "--rotate-size", "4K", "--compress", "--keep", "2"],
        stderr=subprocess.PIPE, timeout=100, check=False)
    if ended.returncode or ended.stderr:
        sys.exit(f"status {ended.returncode}\n{ended.stderr.decode()}")
    return list(folder.glob("*.0*"))


def main():
    connspan, tape = sys.argv[1], Path(sys.argv[2]) / "events.tape"
    closed = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="connspan-files-") as folder:
            closed += write(connspan, tape, Path(folder))
    print(f"{len(closed)} closed files, {sum(path.suffix == '.gz' for path in closed)} compressed")
    sys.exit(not closed)


main()
