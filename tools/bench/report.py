#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast `connspan report` reads, and in how much memory: report.py CONNSPAN [SIZE, default 5G]

Writes a file of made-up entries to TMPDIR (or /tmp), reads it as text, as a page and gzipped, prints
the figures and removes it. Aims: 200 MB/s, 64 MiB.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def measure(name, size, command):
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status:
        sys.exit(f"{name}: ended with {status}")
    cpu = used.ru_utime + used.ru_stime
    print(f"{name:8} {size / 1e6:6.0f} MB  {size / 1e6 / seconds:5.0f} MB/s  "
          f"({size / 1e6 / cpu:.0f} MB per second of CPU)  {used.ru_maxrss / 1024:.1f} MiB",
          flush=True)


def main(connspan, wanted="5G"):
    with tempfile.TemporaryDirectory(prefix="connspan-bench-") as folder:
        path = os.path.join(folder, "many.ndjson")
        with open(path, "wb") as file:
            subprocess.run([sys.executable, ROOT / "tests/harness/many_entries.py", wanted],
                           stdout=file, check=True)
        size = os.path.getsize(path)
        measure("text", size, [connspan, "report", path])
        measure("html", size, [connspan, "report", "--html", os.path.join(folder, "page"), path])
        subprocess.run(["gzip", "-1", path], check=True)
        measure("gzip", size, [connspan, "report", f"{path}.gz"])


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
