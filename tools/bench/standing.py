# SPDX-License-Identifier: MIT
"""What connspan takes where no load is compared: idle, with many connections open, and to turn what
the kernel told into lines, by replaying a tape."""
import dataclasses
import os

import subprocess
import time
from pathlib import Path

import machine
from lib import footprint
from lib.process import Process
from watch import Connspan

REPLAYS = 3
PROCESSES = 64  # each may have so many open files, and ports towards its address


@dataclasses.dataclass
class Standing:
    wakeups: float  # per second, of all its threads
    memory: footprint.Footprint


def idle(folder, seconds):
    with Connspan(folder) as tracer:
        time.sleep(2)  # what the start set in motion is over
        before = machine.status(tracer.pid, "voluntary_ctxt_switches")
        time.sleep(seconds)
        woken = machine.status(tracer.pid, "voluntary_ctxt_switches") - before
        return Standing(woken / seconds, footprint.of(tracer.pid))


def hold(folder, connections):
    """The most that it takes while so many connections are made that stay open and silent."""
    program = machine.load_program("bench-storm")
    peak = None
    with Connspan(folder) as tracer:
        storm = Process([program, "--processes", PROCESSES, "--hold", "--connections", connections])
        while not storm.lines["stdout"] and storm.popen.poll() is None:
            now = footprint.of(tracer.pid)
            peak = max(now, peak or now, key=lambda each: each.all)
        ended = storm.wait()  # closes its standard input
    tracer.path.unlink()
    if ended:
        raise machine.Absent(" ".join(storm.lines["stderr"]) or f"storm ended with {ended}")
    return peak


def replay_us(folder, load, seconds):
    """[microseconds of processor time per entry] to replay a tape of the load into a file."""
    tape = Path(folder) / "load.tape"
    with Connspan(folder, "--tape", tape) as tracer:
        load.run(seconds)
    entries = int(tracer.process.lines["stderr"][-1].partition("entries=")[2].split()[0])
    tracer.seen(load)
    each = []
    for _ in range(REPLAYS):
        process = subprocess.Popen([machine.connspan(), "replay", tape, "-o", "ndjson:/dev/null"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise machine.Absent(f"replay ended with {process.returncode}")
        each.append((used.ru_utime + used.ru_stime) * 1e6 / entries)
    tape.unlink()
    return each
