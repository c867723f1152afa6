# SPDX-License-Identifier: MIT
"""load.py [PAIRS]: what the whole-host tracer costs, and whether it keeps up.

CONNSPAN and CONNSPAN_PROGRAMS as for the live tests; root. Start to `connspan: tracing`, entries
against connections, memory, wake-ups when idle, and the throughput of a connection storm with the
tracer off and on in turn. Nothing is asserted: speed is the machine's.
"""
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "live"))

from lib import host  # noqa: E402
from lib.certs import Certificate  # noqa: E402
from lib.tracer import Tracer  # noqa: E402

IDLE_S = 10
STORM_S = 3


def storm(*options):
    """Runs the load program; what it says: connections, seconds, perSecond."""
    command = [host.program("load"), *map(str, options)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return json.loads(ended.stdout)


def status(pid, key):
    """A number of /proc/PID/status."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise KeyError(key)


def measure_start(folder):
    times = []
    for _ in range(5):
        before = time.monotonic()
        tracer = Tracer(folder)
        times.append((time.monotonic() - before) * 1000)
        before = time.monotonic()
        tracer.stop()
        stop_ms = (time.monotonic() - before) * 1000
    print(f"start to tracing      {statistics.median(times):8.0f} ms median of {len(times)}")
    print(f"SIGINT to end         {stop_ms:8.0f} ms")


def measure_idle(folder):
    tracer = Tracer(folder)
    pid = tracer.process.pid
    time.sleep(2)  # what the start set in motion is over
    before = status(pid, "voluntary_ctxt_switches")
    time.sleep(IDLE_S)
    woken = status(pid, "voluntary_ctxt_switches") - before
    print(f"wake-ups when idle    {woken / IDLE_S:8.1f} /s over {IDLE_S} s")
    print(f"memory at rest        {status(pid, 'VmRSS') / 1024:8.1f} MiB resident")
    tracer.stop()


def measure_complete(folder, name, *options):
    command = [host.program("load"), *map(str, options)]
    tracer = Tracer(folder, command=command)
    peak = 0
    while tracer.process.popen.poll() is None:
        try:
            peak = max(peak, status(tracer.process.pid, "VmHWM"))
        except (FileNotFoundError, KeyError):
            break
        time.sleep(0.05)
    file = tracer.join()
    made = json.loads(tracer.process.wait_line("{"))["connections"]
    print(f"{name:<21} {len(file.entries):8} entries of {made} connections, "
          f"{tracer.done['dropped']} dropped {file.lost or ''}, peak {peak / 1024:.1f} MiB")


def measure_ratio(folder, pairs, name, *options):
    """Off and on in turn: the machine's own swings hit both."""
    ratios, rates = [], []
    for _ in range(pairs):
        off = storm("--seconds", STORM_S, *options)["perSecond"]
        tracer = Tracer(folder)
        on = storm("--seconds", STORM_S, *options)["perSecond"]
        tracer.process.signal(2)
        tracer.process.wait(timeout=120)
        tracer.path.unlink()
        ratios.append(on / off)
        rates.append(off)
    print(f"{name:<21} {statistics.median(ratios):8.3f} x median of {pairs} pairs "
          f"[{min(ratios):.2f}-{max(ratios):.2f}], untraced {statistics.median(rates):.0f} /s")


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    with tempfile.TemporaryDirectory(prefix="connspan-bench-") as folder:
        keys = Certificate(folder)
        tls = "--cert", keys.cert, "--key", keys.key
        print(f"load average          {Path('/proc/loadavg').read_text(encoding='ascii').split()[0]:>8}"
              " (idle figures want an idle host)")
        measure_start(folder)
        measure_idle(folder)
        measure_complete(folder, "20,000 plain", "--connections", 20000)
        measure_complete(folder, "1,000 TLS", "--connections", 1000, *tls)
        measure_ratio(folder, pairs, "storm, plain")
        measure_ratio(folder, pairs, "storm, TLS", *tls)


main()
