# SPDX-License-Identifier: MIT
"""Tracing on and off in turn: a watcher of the host (connspan, or its hooks alone; others in peers.py)
and the comparison of a load's runs with and without it."""
import dataclasses
import json
import signal
import statistics
import time
from pathlib import Path

import machine
from lib.entries import NO_LOSS
from lib.process import Process


class Connspan:
    """A tracer of the whole host into a file; a context. Traces when it is entered."""

    def __init__(self, folder, *options):
        self.path = Path(folder) / "entries.ndjson"
        self.command = [machine.connspan(), "record", "-o", self.path, *options]
        self.start_ms = self.stop_ms = 0
        self.peak_bytes = 0  # resident, that of the start included
        self.lost = {}

    def __enter__(self):
        before = time.monotonic()
        self.process = Process(self.command)
        self.process.wait_line("connspan: tracing", "stderr")
        self.start_ms = (time.monotonic() - before) * 1000
        return self

    @property
    def pid(self):
        return self.process.pid

    def __exit__(self, *_):
        self.peak_bytes = machine.status(self.pid, "VmHWM") * 1024
        before = time.monotonic()
        self.process.signal(signal.SIGINT)
        status = self.process.wait(timeout=120)
        self.stop_ms = (time.monotonic() - before) * 1000
        said = self.process.lines["stderr"][-1]
        if "connspan: done" not in said:  # what was lost is a failure, and counted
            raise RuntimeError(f"connspan ended with {status}: {said}")

    def seen(self, load):
        """How many entries the load's own connections, or requests, have. Once: the file is read,
        what was lost is kept, and the file goes."""
        text = self.path.read_bytes()
        self.path.unlink()
        total = json.loads(text[text.rfind(b"\n", 0, -1) + 1:])["total"]
        self.lost = {name: count for name, count in total.items() if count and name not in NO_LOSS}
        return text.count(f'"comm":"{load.comm}"'.encode()) if load.comm else None


class Hollow:
    """Programs that do nothing on the hooks of connspan, and nobody who reads: what hooks cost."""

    lost = {}

    def __init__(self):
        self.program = machine.load_program("bench-hollow")

    def __enter__(self):
        self.process = Process([self.program])
        self.process.wait_line("hollow: attached", "stderr")
        return self

    @property
    def pid(self):
        return self.process.pid

    def __exit__(self, *_):
        self.process.signal(signal.SIGINT)
        self.process.wait(timeout=120)

    def seen(self, _):
        return None


@dataclasses.dataclass
class Comparison:
    """Runs of a load, off on off ... off."""

    load: object
    off: list
    on: list
    watcher_cpu_s: list  # (user, kernel) of each run with it
    watchers: list  # ended; connspan's know what they used
    told: list = dataclasses.field(default_factory=list)

    def ratios(self):
        """Each run with the watcher against those before and after: what drifts, cancels."""
        around = [(a.rate + b.rate) / 2 for a, b in zip(self.off, self.off[1:])]
        return [on.rate / off for on, off in zip(self.on, around)]

    def cpu_ratios(self):
        """The same of the processor time per unit, the watcher's own included."""
        around = [(a.cpu_us + b.cpu_us) / 2 for a, b in zip(self.off, self.off[1:])]
        return [(on.cpu_us + sum(used) * 1e6 / on.count) / off
                for on, used, off in zip(self.on, self.watcher_cpu_s, around)]

    def untraced_rate(self):
        return statistics.median(run.rate for run in self.off)

    def untraced_cpu_us(self):
        return statistics.median(run.cpu_us for run in self.off)

    def watcher_us(self):
        """(user, kernel) microseconds of the watcher per unit, medians."""
        each = [[part * 1e6 / run.count for part in used]
                for run, used in zip(self.on, self.watcher_cpu_s)]
        return tuple(map(statistics.median, zip(*each)))

    def made(self):
        return round(sum(run.count for run in self.on))

    def seen(self):
        """How many of these the watchers have; None if such a thing is not told."""
        return None if None in self.told else sum(self.told)

    def lost(self):
        """How many they say they lost, of whatever was on the host."""
        return sum(sum(watcher.lost.values()) for watcher in self.watchers)


def compare(load, watch, pairs, seconds):
    """`watch` makes a watcher. The run before all is not counted: caches, ports in TIME_WAIT."""
    load.run(seconds)
    found = Comparison(load, [load.run(seconds)], [], [], [])
    for _ in range(pairs):
        with watch() as watcher:
            before = machine.cpu_s(watcher.pid)
            found.on.append(load.run(seconds))
            after = machine.cpu_s(watcher.pid)
        found.watcher_cpu_s.append(tuple(b - a for a, b in zip(before, after)))
        found.told.append(watcher.seen(load))
        found.watchers.append(watcher)
        found.off.append(load.run(seconds))
    return found
