# SPDX-License-Identifier: MIT
"""damage.py CONNSPAN CASE: a tape of which a tenth of the bytes is wrong is an error at most.

A third of the variants is damaged anywhere, a third behind the heads of the records, a third only in
captured handshake bytes, so that the damage gets past what refuses it first. The seeds are fixed:
what fails once fails again.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

VARIANTS = 60
TAPE_HEADER, RECORD_HEAD = 320, 24  # user/feed/tape.h, include/wire/event.h
CHUNK, CHUNK_HEAD = 2, 32
SANITIZED = 99  # a sanitizer's finding, told apart from the program's own failure


def records(tape):
    """(kind, offset, end) of every record."""
    at = TAPE_HEADER
    while at + RECORD_HEAD <= len(tape):
        size, kind = struct.unpack_from("=IH", tape, at + 16)
        end = at + max(size, RECORD_HEAD)
        yield kind, at, min(end, len(tape))
        at = end + -end % 8


def targets(tape, depth):
    """The offsets that a variant may damage."""
    anywhere = range(len(tape))
    bodies = [at for _, start, end in records(tape) for at in range(start + RECORD_HEAD, end)]
    captured = [at for kind, start, end in records(tape) if kind == CHUNK
                for at in range(start + CHUNK_HEAD, end)]
    return (anywhere, bodies, captured or bodies)[depth]


def damaged(tape, seed):
    source = random.Random(seed)
    offsets = targets(tape, seed % 3)
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
