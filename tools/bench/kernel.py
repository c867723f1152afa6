# SPDX-License-Identifier: MIT
"""What each BPF program costs, by the kernel's own run-time statistics. They cost something too, and
are on only here: a file descriptor holds them, so nothing is left behind, whatever happens. What
they show of a program that does nothing is theirs, and is taken off. The trap into the kernel that
a uprobe is, is in none of these figures."""
import contextlib
import ctypes
import dataclasses
import os
import platform

import machine
from lib import footprint
from watch import Connspan, Hollow

BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}
BPF_ENABLE_STATS = 32  # Linux 5.8
PACKETS = "cg_egress", "cg_ingress"
TURNS = 3  # of a run that is long enough to be parted


@dataclasses.dataclass
class Cost:
    """Of one load."""

    unit: str
    count: float
    programs: dict  # {name: (runs, ns)}
    empty: object = None  # the Cost of programs that do nothing, on the same load

    def per_unit(self, names=None):
        """(runs, ns) per unit, of all programs or of some, as the statistics show them."""
        chosen = [spent for name, spent in self.programs.items() if names is None or name in names]
        return tuple(sum(column) / self.count for column in zip((0, 0), *chosen))

    def measuring_ns(self, names=None):
        """Per unit, what of it is the statistics' own."""
        return sum(runs * self.empty.per_run(name) for name, (runs, _) in self.programs.items()
                   if names is None or name in names) / self.count

    def net_ns(self, names=None):
        return self.per_unit(names)[1] - self.measuring_ns(names)

    def per_run(self, name):
        """Nanoseconds; of a program that did not run, of all."""
        runs, ns = self.programs.get(name) or map(sum, zip((0, 0), *self.programs.values()))
        return ns / runs if runs else 0


@contextlib.contextmanager
def statistics_on():
    number = BPF_SYSCALL.get(platform.machine())
    if number is None:
        raise machine.Absent(f"bpf(2) has no known number on {platform.machine()}")
    attributes = ctypes.c_uint32(0)  # BPF_STATS_RUN_TIME
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(number, BPF_ENABLE_STATS, ctypes.byref(attributes), 4)
    if fd < 0:
        raise machine.Absent(f"run-time statistics: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        os.close(fd)


def spent_by(pid):
    """{id: (name, runs, ns)} of the programs that the process holds."""
    held = footprint.held(pid)["prog"]
    return {each["id"]: (each.get("name", ""), each.get("run_cnt", 0), each.get("run_time_ns", 0))
            for each in footprint.bpftool("prog", "show") if each["id"] in held}


def spend(load, seconds, watcher, totals):
    """A run of the load, watched: adds what the statistics show, and returns how many were made."""
    machine.tool("bpftool")
    with statistics_on(), watcher:
        before = spent_by(watcher.pid)
        count = load.run(seconds).count
        after = spent_by(watcher.pid)
    watcher.seen(load)
    for number, (name, runs, ns) in after.items():
        _, runs_before, ns_before = before.get(number, (name, 0, 0))
        so_far = totals.get(name, (0, 0))
        totals[name] = so_far[0] + runs - runs_before, so_far[1] + ns - ns_before
    return count


def cost(load, folder, seconds, *options):
    """Of runs of the load, traced with these options, and in turn with programs that do nothing."""
    counts, totals = [0, 0], [{}, {}]
    turns = TURNS if seconds >= 1 else 1
    for _ in range(turns):
        for i, watcher in enumerate((Connspan(folder, *options), Hollow())):
            counts[i] += spend(load, seconds / turns, watcher, totals[i])
    real, empty = (Cost(load.unit, count, {name: each for name, each in total.items() if each[0]})
                   for count, total in zip(counts, totals))
    real.empty = empty
    return real
