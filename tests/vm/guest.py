# SPDX-License-Identifier: MIT
"""guest.py SERIES [LOCKDOWN]: inside the guest, runs the live tests once for every rung that
kernels.txt names, and a table of what was run at the end. The status is 0 if all was well."""
import os
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

import test_clients  # noqa: E402
from kernels import CONNECT_OF_RUNG, Kernel  # noqa: E402
from lib import entries  # noqa: E402
from lib.case import LiveCase  # noqa: E402
from lib.fixtures import Fixtures  # noqa: E402
from lib.tracer import Tracer  # noqa: E402
from selection import ALONE, BEST, EVERY, LOCKED, NO_WIRE, PLAIN, SAFETY, SOURCES, TLS  # noqa: E402
from test_doctor import Doctor  # noqa: E402

# Of medians: no more than that the mark is of the right call. An emulated machine that shares its
# processor with another takes milliseconds for every system call.
WINDOW_NS = 100_000_000


# In a guest a hello may leave so late that nobody knows whose it is: then the wire's marks stand.
# That the library tells at all is test_sources'.
entries.NO_LOSS.append("bindConflict")


class Result(unittest.TextTestResult):
    """One line per test with the time it took."""

    def startTest(self, test):
        self.began = time.monotonic()
        unittest.TestResult.startTest(self, test)

    def stopTest(self, test):
        failed = [each for each, _ in self.failures + self.errors]
        if test in failed:
            word = "FAILED"
        elif self.skipped and self.skipped[-1][0] is test:
            word = f"skipped: {self.skipped[-1][1]}"
        else:
            word = "ok"
        print(f"  {time.monotonic() - self.began:5.1f} s  {test.id()}  {word}", flush=True)
        super().stopTest(test)

    # What the base class prints of each test.
    addSuccess = unittest.TestResult.addSuccess
    addSkip = unittest.TestResult.addSkip
    addError = unittest.TestResult.addError
    addFailure = unittest.TestResult.addFailure


class Rounds:
    def __init__(self, kernel, lockdown):
        self.kernel = kernel
        self.where = f"{kernel.series} {lockdown}" if lockdown else kernel.series
        self.table = []
        LiveCase.shared = Fixtures()

    def run(self, title, names, *forced, alone=False, **expected):
        """The tests with options forced upon every tracer, which must use the hooks expected. One
        tracer serves all, unless alone."""
        Tracer.forced = forced
        Tracer.expected = {**self.kernel.hooks, **expected}
        began = time.monotonic()
        print(f"== {self.where} {title}", flush=True)
        suite = unittest.defaultTestLoader.loadTestsFromNames(sorted(names))  # by class
        if not alone:
            suite = unittest.TestSuite([unittest.FunctionTestCase(self.start), suite,
                                        unittest.FunctionTestCase(self.finish)])
        runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, warnings="ignore")
        result = runner.run(suite)
        self.table.append((title, result, time.monotonic() - began))

    def start(self):
        """The tracer of a round says that it uses the hooks expected."""
        LiveCase.shared_tracer = Tracer(LiveCase.shared.folder, "-p", os.getpid())

    def finish(self):
        """Its file is in order, and nothing was lost."""
        tracer, LiveCase.shared_tracer = LiveCase.shared_tracer, None
        if tracer:
            tracer.finish()

    def end(self):
        LiveCase.shared.close()
        for title, result, seconds in self.table:
            bad = len(result.failures) + len(result.errors)
            good = result.testsRun - len(result.skipped) - bad
            print(f"| {self.where:20} | {title:40} | {good:3} ok {len(result.skipped):2} skipped "
                  f"{bad:2} failed | {seconds:4.0f} s |")
        return all(result.wasSuccessful() and result.testsRun for _, result, _ in self.table)


def every_rung(rounds, kernel):
    best = kernel.hooks["connect"]
    rounds.run(f"auto, which is connect={best}", ["test_doctor", *BEST, *SAFETY, *SOURCES])
    rounds.run("auto, a tracer for each", ALONE, alone=True)
    for rung in kernel.rungs:
        connect = CONNECT_OF_RUNG[rung]
        names = PLAIN if connect == best else EVERY
        rounds.run(f"--hooks {rung}" + (" (the rest as auto)" if connect == best else ""), names,
                   "--hooks", rung, connect=connect)
    rounds.run("--no-uretprobes", [*EVERY, *SAFETY, *SOURCES], "--no-uretprobes")
    rounds.run("--no-uprobes", EVERY, "--no-uprobes")
    rounds.run("--no-wire", [*EVERY, *NO_WIRE], "--no-wire")


def locked_down(rounds, kernel, lockdown):
    if lockdown == "confidentiality":
        Doctor.locked = True
        Tracer.reads_kernel = False
        Doctor.rungs = []
        rounds.run("auto", ["test_doctor", *LOCKED])
    else:
        rounds.run("auto", ["test_doctor", *EVERY])
        rounds.run("--hooks kprobe", PLAIN, "--hooks", "kprobe", connect="kprobe")
    rounds.run("--no-uprobes", [*PLAIN, *TLS], "--no-uprobes")
    rounds.run("--no-wire", [*PLAIN, *TLS], "--no-wire")


def main():
    kernel = Kernel(sys.argv[1])
    lockdown = sys.argv[2] if len(sys.argv) > 2 else None
    LiveCase.is_slow = True
    LiveCase.window_ns = test_clients.NODE_WINDOW_NS = WINDOW_NS
    Doctor.rungs = [CONNECT_OF_RUNG[rung] for rung in kernel.rungs]
    rounds = Rounds(kernel, lockdown)
    if lockdown:
        locked_down(rounds, kernel, lockdown)
    else:
        every_rung(rounds, kernel)
    sys.exit(0 if rounds.end() else 1)


main()
