# SPDX-License-Identifier: MIT
"""accuracy.py [CONNECTIONS [RECORD-OPTIONS...]]: our marks against the traced program's own.

CONNSPAN and CONNSPAN_PROGRAMS as for the live tests; root. A C client reads CLOCK_MONOTONIC right
around its own calls over TLS 1.3 connections on loopback. Positive: ours is later. Nothing is
asserted: speed is the machine's.
"""
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "live"))

from lib import programs  # noqa: E402
from lib.certs import Certificate  # noqa: E402
from lib.tracer import Tracer  # noqa: E402

EXCHANGE = "send=x", "recv", "close"
MODES = {
    "blocking": ("connect", "tls", *EXCHANGE),
    "non-blocking": ("nonblocking", "connect", "tls", *EXCHANGE),
    "memory BIO": ("nonblocking", "connect", "tls-memory", *EXCHANGE),
}
# our mark: (our phase, the client's own)
MARKS = {
    "connectStart": ("connectStart", "connectStart"),
    "tcpEstablished": ("tcpEstablished", "connected"),
    "secureConnectionStart": ("tlsStart", "tlsStart"),
    "connectEnd": ("tlsEnd", "tlsEnd"),
}


def measure(folder, server, steps, connections, *options):
    """[(entry, own marks)] of one run."""
    command = programs.marks_command("--connections", connections, server.at, *steps)
    tracer = Tracer(folder, *options, command=[str(word) for word in command])
    file = tracer.join()
    own = {m["localPort"]: m for m in tracer.process.json()}
    return [(entry, own[entry.connection["localPort"]]) for entry in file.entries]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def print_mode(name, pairs):
    for mark, (ours, own) in MARKS.items():
        skews = [(entry.ns(ours) - m[own]) / 1000 for entry, m in pairs]
        print(f"{name:<14} {mark:<23} {statistics.median(skews):>9.1f} "
              f"{percentile(skews, 0.01):>9.1f} {percentile(skews, 0.99):>9.1f} "
              f"{percentile([abs(s) for s in skews], 0.99):>9.1f}")


def print_sources(pairs):
    counted = {}
    for entry, _ in pairs:
        tls = entry["tls"]
        key = tls["startSource"], tls["endSource"], tls["boundBy"]
        counted[key] = counted.get(key, 0) + 1
    for (start, end, bound), count in sorted(counted.items()):
        print(f"{'':<14} {count} x start={start} end={end} bound={bound}")


def main():
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    options = sys.argv[2:]
    with tempfile.TemporaryDirectory(prefix="connspan-bench-") as folder:
        server = programs.Server(certificate=Certificate(folder))
        print(f"ours - the program's own, us, over {connections} TLS 1.3 connections each")
        print(f"{'mode':<14} {'mark':<23} {'median':>9} {'p1':>9} {'p99':>9} {'|p99|':>9}")
        for name, steps in MODES.items():
            pairs = measure(folder, server, steps, connections, *options)
            print_mode(name, pairs)
            print_sources(pairs)
        server.stop()


main()
