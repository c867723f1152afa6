# SPDX-License-Identifier: MIT
"""cost.py [PLAIN TLS]: what each BPF program costs per run and per connection, by the kernel's own
run-time statistics; by default of 20,000 plain and 2,000 TLS connections.

CONNSPAN and CONNSPAN_PROGRAMS as for the live tests; root, bpftool. kernel.bpf_stats_enabled is set
meanwhile and put back. Both ends are on this host, one is traced. What the trap of a uprobe costs
is not in it. Nothing is asserted: speed is the machine's.
"""
import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "live"))

from lib import host  # noqa: E402
from lib.certs import Certificate  # noqa: E402
from lib.tracer import Tracer  # noqa: E402

STATS = Path("/proc/sys/kernel/bpf_stats_enabled")
PACKETS = "cg_egress", "cg_ingress"


@contextlib.contextmanager
def statistics_on():
    before = STATS.read_text(encoding="ascii")
    STATS.write_text("1\n", encoding="ascii")
    try:
        yield
    finally:
        STATS.write_text(before, encoding="ascii")


def programs():
    """{id: (name, runs, ns)} of the host."""
    shown = subprocess.run([host.tool("bpftool"), "-j", "prog", "show"], capture_output=True,
                           text=True, check=True).stdout
    return {each["id"]: (each.get("name", ""), each.get("run_cnt", 0), each.get("run_time_ns", 0))
            for each in json.loads(shown)}


def spent(folder, count, *options):
    """{name: (runs, ns)} of our programs while so many connections were made."""
    others = programs()
    tracer = Tracer(folder)
    before = programs()
    subprocess.run([host.program("load"), "--connections", str(count), *options], check=True,
                   stdout=subprocess.DEVNULL, timeout=300)
    after = programs()
    tracer.stop()
    totals = {}
    for number, (name, runs, ns) in after.items():
        if number not in others:
            _, runs_before, ns_before = before.get(number, (name, 0, 0))
            so_far = totals.get(name, (0, 0))
            totals[name] = so_far[0] + runs - runs_before, so_far[1] + ns - ns_before
    return {name: spent for name, spent in totals.items() if spent[0]}


def show(kind, count, totals):
    print(f"{kind} x {count}        runs/conn   ns/run  ns/conn")
    for name, (runs, ns) in sorted(totals.items(), key=lambda item: -item[1][1]):
        print(f"  {name:<22} {runs / count:8.1f} {ns / runs:8.0f} {ns / count:8.0f}")
    packets = [totals[name] for name in PACKETS if name in totals]
    if packets:
        runs, ns = (sum(column) for column in zip(*packets))
        print(f"  {'a packet':<22} {runs / count:8.1f} {ns / runs:8.0f} {ns / count:8.0f}")
    ns = sum(ns for _, ns in totals.values())
    print(f"  {'a connection':<31} {'':8} {ns / count:8.0f}")


def main():
    plain, tls = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (20_000, 2_000)
    with tempfile.TemporaryDirectory(prefix="connspan-bench-") as folder, statistics_on():
        keys = Certificate(folder)
        load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
        print(f"load average {load} (a busy host adds to every figure)")
        show("plain", plain, spent(folder, plain))
        show("TLS", tls, spent(folder, tls, "--cert", keys.cert, "--key", keys.key))


if __name__ == "__main__":
    main()
