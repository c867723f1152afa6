# SPDX-License-Identifier: MIT
"""damage.py CONNSPAN CASE: a tape of which a tenth of the bytes is wrong is an error at most.

Every other variant spares the tape's header and the heads of its records, so that the damage
reaches the parsers behind them. The seeds are fixed: what fails once fails again.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

VARIANTS = 50
TAPE_HEADER, RECORD_HEAD = 320, 24  # user/feed/tape.h, include/wire/event.h
SANITIZED = 99  # a sanitizer's finding, told apart from the program's own failure


def payload(tape):
    """The offsets of all bytes that are behind a record's head."""
    offsets, at = [], TAPE_HEADER
    while at + RECORD_HEAD <= len(tape):
        (size,) = struct.unpack_from("=I", tape, at + 16)
        end = at + max(size, RECORD_HEAD)
        offsets.extend(range(at + RECORD_HEAD, min(end, len(tape))))
        at = end + -end % 8
    return offsets


def damaged(tape, seed):
    source = random.Random(seed)
    offsets = payload(tape) if seed % 2 else range(len(tape))
    data = bytearray(tape)
    for at in source.sample(offsets, len(offsets) // 10):
        data[at] = source.randrange(256)
    return bytes(data)


def replay(connspan, path):
    options = f"exitcode={SANITIZED}"
    return subprocess.run(
        [connspan, "replay", path, "-f", "ndjson", "-q"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=20, check=False,
        env={**os.environ, "ASAN_OPTIONS": options, "UBSAN_OPTIONS": options},
    )


def main():
    connspan, case = sys.argv[1], Path(sys.argv[2])
    tape = (case / "events.tape").read_bytes()
    statuses = []
    with tempfile.TemporaryDirectory(prefix="connspan-damage-") as folder:
        path = Path(folder) / "events.tape"
        for seed in range(VARIANTS):
            path.write_bytes(damaged(tape, seed))
            ended = replay(connspan, path)
            if ended.returncode not in (0, 1):
                sys.exit(f"seed {seed}: status {ended.returncode}\n{ended.stderr.decode()}")
            statuses.append(ended.returncode)
    print(f"{VARIANTS} variants: {statuses.count(0)} read to the end, {statuses.count(1)} refused")


main()
