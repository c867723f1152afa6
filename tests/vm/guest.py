# SPDX-License-Identifier: MIT
"""guest.py SERIES [LOCKDOWN]: inside the guest, runs the live tests once for every rung that
kernels.txt names, and a table of what was run at the end. The status is 0 if all was well."""
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]

import test_clients  # noqa: E402
from kernels import CONNECT_OF_RUNG, Kernel  # noqa: E402
from lib.case import LiveCase  # noqa: E402
from lib.tracer import Tracer  # noqa: E402
from test_doctor import Doctor  # noqa: E402

PLAIN = ["test_plain.Plain.test_blocking", "test_plain.Plain.test_ipv6"]

# What every rung must do: every kind of client, of failure and of network.
EVERY = """
    test_plain.Plain.test_blocking test_plain.Plain.test_nonblocking test_plain.Plain.test_ipv6
    test_plain.Plain.test_v4_mapped_reads_as_ipv4
    test_tls.Tls.test_13_blocking test_tls.Tls.test_12_blocking test_tls.Tls.test_nonblocking
    test_tls.Tls.test_memory_bio
    test_clients.Clients.test_curl test_clients.Clients.test_s_client
    test_clients.Clients.test_python_blocking test_clients.Clients.test_node_https
    test_failures.Tcp.test_refused test_failures.Tcp.test_timed_out
    test_failures.Tcp.test_unreachable_after_the_syn
    test_failures.Tcp.test_unreachable_before_any_syn
    test_delay
""".split()

# And what depends on the kernel more than on the rung.
BEST = EVERY + """
    test_plain.Plain.test_half_closed test_plain.Plain.test_threads_are_told_apart
    test_plain.Plain.test_silence_is_complete_after_a_second
    test_tls.Tls.test_early_data test_tls.Tls.test_client_certificate
    test_tls.Tls.test_tls_after_a_long_silence_is_late
    test_clients.Clients.test_s_client_async_survives test_clients.Clients.test_go
    test_failures.Tcp.test_killed_in_syn_sent test_failures.Tcp.test_a_lost_syn_is_counted
    test_failures.Tcp.test_refused_then_connected_on_one_socket
    test_failures.Tls.test_server_resets test_failures.Tls.test_client_does_not_trust
    test_sockets.Ways test_sockets.Before test_sockets.Unfinished
""".split()

WIRE_ONLY = ["test_tls.WireOnly.test_13_blocking", "test_tls.WireOnly.test_12_blocking",
             "test_tls.WireOnly.test_memory_bio"]
NO_WIRE = ["test_tls.NoWire", "test_plain.Plain.test_blocking", "test_plain.Plain.test_ipv6",
           "test_plain.Plain.test_silence_is_complete_after_a_second"]
# Without the kernel's memory there is no errno of a connect without a SYN, and before Linux 6.12 no
# word of which thread sent a hello.
LOCKED = """
    test_plain.Plain.test_blocking test_plain.Plain.test_nonblocking test_plain.Plain.test_ipv6
    test_plain.Plain.test_v4_mapped_reads_as_ipv4
    test_plain.Plain.test_silence_is_complete_after_a_second
    test_failures.Tcp.test_refused test_failures.Tcp.test_timed_out
    test_failures.Tcp.test_unreachable_after_the_syn
    test_tls.WireOnly.test_13_blocking test_tls.WireOnly.test_12_blocking test_tls.NoWire
    test_forced.AnySource
""".split()

WINDOW_NS = 15_000_000  # emulated
NODE_WINDOW_NS = 60_000_000


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
        self.stream.writeln(f"  {time.monotonic() - self.began:5.1f} s  {test.id()}  {word}")
        super().stopTest(test)

    # What the base class prints of each test.
    addSuccess = unittest.TestResult.addSuccess
    addSkip = unittest.TestResult.addSkip
    addError = unittest.TestResult.addError
    addFailure = unittest.TestResult.addFailure


class Rounds:
    def __init__(self, kernel):
        self.kernel = kernel
        self.table = []

    def run(self, title, names, *forced, **expected):
        """The tests with options forced upon every tracer, which must use the hooks expected."""
        Tracer.forced = forced
        Tracer.expected = {**self.kernel.hooks, **expected}
        began = time.monotonic()
        print(f"== {self.kernel.series} {title}", flush=True)
        suite = unittest.defaultTestLoader.loadTestsFromNames(names)
        runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, warnings="ignore")
        result = runner.run(suite)
        self.table.append((title, result, time.monotonic() - began))

    def finish(self):
        for title, result, seconds in self.table:
            bad = len(result.failures) + len(result.errors)
            print(f"{self.kernel.series:5} {title:26} {result.testsRun:3} tests "
                  f"{len(result.skipped):2} skipped {bad:2} failed {seconds:6.0f} s")
        return all(result.wasSuccessful() and result.testsRun for _, result, _ in self.table)


def every_rung(rounds, kernel):
    rounds.run("auto", ["test_doctor", *BEST])
    for rung in kernel.rungs:
        names = PLAIN if CONNECT_OF_RUNG[rung] == kernel.hooks["connect"] else EVERY
        rounds.run(f"--hooks {rung}", names, "--hooks", rung, connect=CONNECT_OF_RUNG[rung])
    rounds.run("--no-uretprobes", ["test_forced.EntryOnly"])
    rounds.run("--no-uprobes", WIRE_ONLY)
    rounds.run("--no-wire", NO_WIRE, "--no-wire")


def main():
    kernel = Kernel(sys.argv[1])
    lockdown = sys.argv[2] if len(sys.argv) > 2 else None
    LiveCase.window_ns = WINDOW_NS
    test_clients.NODE_WINDOW_NS = NODE_WINDOW_NS
    Doctor.rungs = [CONNECT_OF_RUNG[rung] for rung in kernel.rungs]
    rounds = Rounds(kernel)
    if lockdown == "integrity":
        rounds.run("lockdown=integrity", ["test_doctor", *LOCKED])
        rounds.run("lockdown, --hooks kprobe", PLAIN, "--hooks", "kprobe", connect="kprobe")
    elif lockdown == "confidentiality":
        Doctor.locked = True
        Tracer.reads_kernel = False
        Doctor.rungs = []
        rounds.run("lockdown=confidentiality", ["test_doctor", *LOCKED])
    else:
        every_rung(rounds, kernel)
    sys.exit(0 if rounds.finish() else 1)


main()
