# SPDX-License-Identifier: MIT
"""replay.py CONNSPAN CASE [WRAPPER...]: the replay of the case's tape is expect.ndjson, byte for byte.

A wrapper (valgrind) has nothing to say, and says it by its status.
"""
import difflib
import subprocess
import sys
from pathlib import Path


def replay(connspan, case, wrapper):
    """What the program makes of the tape, as bytes."""
    options = case / "options"
    more = options.read_text(encoding="ascii").split() if options.exists() else []
    ended = subprocess.run(
        [*wrapper, connspan, "replay", case / "events.tape", "-q", "-f", "ndjson", *more],
        capture_output=True, timeout=100, check=False,
    )
    if ended.returncode:
        sys.exit(f"replay ended with {ended.returncode}: {ended.stderr.decode()}")
    return ended.stdout


def lines(data):
    """One key per line: a difference is seen, not searched."""
    return data.decode().replace(',"', ',\n"').splitlines(keepends=True)


def main():
    connspan, case, wrapper = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    print((case / "why").read_text(encoding="utf-8").strip())
    expected = (case / "expect.ndjson").read_bytes()
    found = replay(connspan, case, wrapper)
    if found != expected:
        difference = difflib.unified_diff(lines(expected), lines(found), "expect", "found")
        sys.stdout.writelines(difference)
        sys.exit("the replay differs")


main()
