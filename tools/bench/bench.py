# SPDX-License-Identifier: MIT
"""What connspan costs this machine: loads with tracing off and on in turn, what its BPF programs
take, what it takes idle. Prints the tables of docs/performance.md. Root; CONNSPAN names the program, by
default build/release's. Nothing is asserted: speed is the machine's."""
import argparse
import collections
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import SkipTest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests" / "live")]

import budgets  # noqa: E402
import kernel  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import standing  # noqa: E402
import tables  # noqa: E402
import watch  # noqa: E402
from loads import Loads  # noqa: E402

COMPARED = "connect", "highest", "full", "resumed", "https", "bulk", "spawn"
HOOKED = "connect", "full", "https"  # whose budgets are rates, and pass many hooks
REQUESTS = (  # (load, options); what they cost without is compared above
    ("http", ()), ("http", ("--requests",)), ("https", ("--requests",)),
    ("https", ("--requests", "--plaintext")),
)
PROGRAMS_OF = {"connect": "plain", "full": "full TLS 1.3"}
PEER_PAIRS = 3
# Of one row alone.
FAILURES = OSError, RuntimeError, subprocess.SubprocessError, AssertionError, SkipTest


class Bench:
    """One whole run: {section: {key: (title, what was found)}}. What could not be measured is Absent,
    with the reason, in its place."""

    def __init__(self, options, folder, loads):
        self.options, self.folder, self.loads = options, folder, loads
        self.found = collections.defaultdict(dict)

    def measure(self, section, key, title, measured):
        print(f"bench: {section}: {title}", file=sys.stderr, flush=True)
        try:
            self.found[section][key] = title, measured()
        except (machine.Absent, *FAILURES) as reason:
            self.found[section][key] = title, machine.Absent(" ".join(str(reason).split()))

    def compare(self, load, pairs, *options):
        return watch.compare(load, lambda: watch.Connspan(self.folder, *options), pairs,
                             self.options.seconds)

    def cost(self, load, *options):
        return kernel.cost(load, self.folder, self.options.seconds, *options)

    def compare_loads(self):
        for key in COMPARED:
            load = getattr(self.loads, key)
            self.measure("compared", key, load.title,
                         lambda: self.compare(load, self.options.pairs))
            self.measure("costs", key, load.title, lambda: self.cost(load))

    def compare_hooks(self):
        for key in HOOKED:
            load = getattr(self.loads, key)
            self.measure("hooks", key, load.title,
                         lambda: watch.compare(load, watch.Hollow, self.options.pairs,
                                               self.options.seconds))

    def compare_requests(self):
        for key, options in REQUESTS:
            load = dataclasses.replace(getattr(self.loads, key), comm="wrk" if options else None)
            name = " ".join((key.upper(), *options))
            self.measure("requests", name, name,
                         lambda: self.compare(load, max(1, self.options.pairs // 2), *options))
            self.measure("request costs", name, name, lambda: self.cost(load, *options))

    def stand(self):
        seconds = self.options.seconds
        self.measure("standing", "idle", "idle", lambda: standing.idle(self.folder, 6 * seconds))
        self.measure("standing", "hold", "connections open",
                     lambda: standing.hold(self.folder, self.options.hold))
        for load in (self.loads.connect, self.loads.full):
            key = "connect" if load is self.loads.connect else "full"
            self.measure("replay", key, load.title,
                         lambda: standing.replay_us(self.folder, load, seconds))

    def compare_peers(self):
        pairs = min(PEER_PAIRS, self.options.pairs)
        for key in ("connect", "full"):
            title, found = self.found["compared"][key]
            self.found["peers"][f"connspan {key}"] = "connspan", found
        for peer in peers.ALL:
            load = getattr(self.loads, peer.load)
            self.measure("peers", peer.name, peer.title(),
                         lambda: watch.compare(load, lambda: peer(self.folder), pairs,
                                               self.options.seconds))


def parse(words):
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--pairs", type=int, default=10, help="runs with tracing, per load")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each run")
    parser.add_argument("--hold", type=int, default=100_000, metavar="N",
                        help="connections open at once, for the memory")
    parser.add_argument("--quick", action="store_true", help="two minutes: 2 pairs of 0.7 s")
    parser.add_argument("--peers", action="store_true",
                        help="beside it other tools that are installed and can run here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what was counted, for programs")
    options = parser.parse_args(words)
    if options.quick:
        options.pairs, options.seconds = 2, 0.7
    return options


def show(bench, busy, took_s):
    options, found = bench.options, bench.found
    print(f"{machine.describe()}; load average before {busy:.2f}; {options.pairs} pairs of runs of "
          f"{options.seconds:g} s each; {took_s / 60:.0f} min")
    if busy > os.cpu_count():
        print("\n**The machine was busy with other things**: of these figures only processor times and "
              "what was told and lost mean something.")
    if machine.missing:
        print(f"\nNot installed: {', '.join(sorted(machine.missing))}: "
              f"`apt-get install {' '.join(sorted(set(machine.missing.values())))}`")
    budgets.show(found, options.hold)
    tables.show_compared("Loads, traced and not", found["compared"])
    tables.show_hooks("The hooks alone", found["hooks"], found["compared"])
    tables.show_costs("BPF programs, by load", found["costs"], found["compared"])
    tables.show_programs("BPF programs, one by one", {
        key: (name, found["costs"][key][1]) for key, name in PROGRAMS_OF.items()})
    tables.show_compared("Requests", found["requests"])
    tables.show_costs("BPF programs, by request", found["request costs"], found["requests"])
    budgets.show_itself(found)
    if options.peers:
        tables.show_peers("Other tools", found["peers"])


def main():
    options = parse(sys.argv[1:])
    if os.geteuid():
        sys.exit("bench: tracing needs root")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # contexts are left
    began, busy = time.monotonic(), machine.busy()
    with tempfile.TemporaryDirectory(prefix="connspan-bench-") as folder, Loads(folder) as loads:
        bench = Bench(options, folder, loads)
        bench.compare_loads()
        bench.compare_hooks()
        bench.compare_requests()
        bench.stand()
        if options.peers:
            bench.compare_peers()
    show(bench, busy, time.monotonic() - began)
    if options.json:
        text = json.dumps(tables.as_json(bench.found), default=vars, indent=1)
        options.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
