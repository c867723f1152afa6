# SPDX-License-Identifier: MIT
"""What each BPF program costs, by the kernel's own run-time statistics. They cost something too, and
are on only here: a file descriptor holds them, so nothing is left behind, whatever happens. The
trap into the kernel that a uprobe is, is in none of these figures."""
import contextlib
import ctypes
import dataclasses
import os
import platform

import machine
from lib import footprint
from watch import Connspan

BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}
BPF_ENABLE_STATS = 32  # Linux 5.8
PACKETS = "cg_egress", "cg_ingress"


@dataclasses.dataclass
class Cost:
    """Of one load."""

    unit: str
    count: float
    programs: dict  # {name: (runs, ns)}

    def per_unit(self, names=None):
        """(runs, ns) per unit, of all programs or of some."""
        chosen = [spent for name, spent in self.programs.items() if names is None or name in names]
        return tuple(sum(column) / self.count for column in zip((0, 0), *chosen))


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


def cost(load, folder, seconds, *options):
    """Of a run of the load, traced with these options."""
    machine.tool("bpftool")
    with statistics_on(), Connspan(folder, *options) as tracer:
        before = spent_by(tracer.pid)
        count = load.run(seconds).count
        after = spent_by(tracer.pid)
    tracer.seen(load)
    totals = {}
    for number, (name, runs, ns) in after.items():
        _, runs_before, ns_before = before.get(number, (name, 0, 0))
        so_far = totals.get(name, (0, 0))
        totals[name] = so_far[0] + runs - runs_before, so_far[1] + ns - ns_before
    return Cost(load.unit, count, {name: each for name, each in totals.items() if each[0]})
