# SPDX-License-Identifier: MIT
"""coverage.py BUILD: which lines of user/ the tests reached, room by room; fails below the gate.

Reads what the tests of a build with CS_COVERAGE have counted so far. user/cli is shown but is not
part of the gate: what it does with terminals, signals and rights is for the live tests.
"""
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GATE_PERCENT = 85
OUTSIDE = "cli"
WORST = 8


def summary(build):
    """gcovr's account of the files of user/."""
    told = subprocess.run(
        ["gcovr", "--root", ROOT, "--filter", f"{ROOT}/user/", "--json-summary", "-", build],
        stdout=subprocess.PIPE, check=True)
    return json.loads(told.stdout)["files"]


def show(name, covered, total):
    print(f"{name:<28} {covered:>6} of {total:>6} {100 * covered / total:6.1f} %")


def main():
    rooms = defaultdict(lambda: [0, 0])
    files = [file for file in summary(sys.argv[1]) if file["line_total"]]
    for file in files:
        room = Path(file["filename"]).parts[1]
        rooms[room][0] += file["line_covered"]
        rooms[room][1] += file["line_total"]
    for room, (covered, total) in sorted(rooms.items()):
        show(f"user/{room}", covered, total)
    inside = [counts for room, counts in rooms.items() if room != OUTSIDE]
    covered, total = (sum(column) for column in zip(*inside))
    print("least:")
    for file in sorted(files, key=lambda file: file["line_covered"] - file["line_total"])[:WORST]:
        show(file["filename"], file["line_covered"], file["line_total"])
    print(f"lines of user/ outside user/{OUTSIDE}: {100 * covered / total:.1f} % ran, "
          f"{GATE_PERCENT} % are asked for")
    sys.exit(100 * covered < GATE_PERCENT * total)


main()
