# SPDX-License-Identifier: MIT
"""What connspan takes where no load is compared: idle, with many connections open, and to turn what
the kernel told into lines, by replaying a tape."""
import dataclasses
import os

import subprocess
import time
from pathlib import Path

import machine
from lib.process import Process
from watch import Connspan

REPLAYS = 3


@dataclasses.dataclass
class Idle:
    wakeups: float  # per second, of all its threads
    bytes: int  # of the process and of its maps in the kernel


def idle(folder, seconds):
    with Connspan(folder) as tracer:
        time.sleep(2)  # what the start set in motion is over
        before = machine.status(tracer.pid, "voluntary_ctxt_switches")
        time.sleep(seconds)
        woken = machine.status(tracer.pid, "voluntary_ctxt_switches") - before
        return Idle(woken / seconds, tracer.memory_bytes("VmRSS"))


def hold(folder, connections):
    """Peak bytes with so many connections open at once, none of which said a byte."""
    program = machine.load_program("bench-storm")
    with Connspan(folder) as tracer:
        storm = Process([program, "--hold", "--connections", connections])
        storm.wait_line("{")
        peak_bytes = tracer.memory_bytes()
        storm.wait()  # closes its standard input
    tracer.path.unlink()
    return peak_bytes


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
