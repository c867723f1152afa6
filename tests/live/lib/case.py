# SPDX-License-Identifier: MIT
"""The test case of the live tests, and main(): one tracer per class follows the test's own tree.

Tests assert order, counts and one-sided windows, never speed: a program reads its clock before the
call that starts something and after the call that ends it, so a START of ours is never before the
program's, an END of ours never after it. How near they are is asked of the median alone.
"""
import os
import platform
import statistics
import sys
import unittest

from . import host, programs
from .fixtures import Fixtures
from .tracer import Tracer


class LiveCase(unittest.TestCase):
    options = ()  # of the tracer of the class; None: the tests start their own
    shared = None  # the fixtures of all classes, if set
    shared_tracer = None  # that of all classes without options, if set
    is_slow = False  # an emulated machine: the library may be too late, then the wire tells
    window_ns = 5_000_000  # of a median, on loopback; an emulated machine takes more

    @classmethod
    def setUpClass(cls):
        cls.fixtures = cls.shared or Fixtures()
        if not cls.shared:
            cls.addClassCleanup(cls.fixtures.close)
        cls.folder, cls.certificate = cls.fixtures.folder, cls.fixtures.certificate
        cls.set_up()
        if cls.options == () and cls.shared_tracer:
            cls.tracer = cls.shared_tracer
        elif cls.options is not None:
            cls.tracer = Tracer(cls.folder, "-p", os.getpid(), *cls.options)
            cls.addClassCleanup(cls.tracer.finish)

    @classmethod
    def set_up(cls):
        """What must exist before the tracer starts."""

    @classmethod
    def server(cls, *options, **more):
        server = programs.Server(*options, **more)
        cls.addClassCleanup(server.stop)
        return server

    def trace(self, command, *options, status=0, **more):
        """`record -- command` in a tracer of its own: its checked file."""
        self.own = Tracer(self.folder, *options, command=command, **more)
        return self.own.join(status)

    def entry_of(self, marks, **wanted):
        """The entry of the connection a client measured; waits for it."""
        key = marks["pid"], marks["localPort"]
        return self.tracer.wait_entry(
            lambda e: e.key == key and all(e.connection[k] == v for k, v in wanted.items())
        )

    def entry_to(self, port, pid=None):
        """The entry of a connection to `port`, where the client knows no local port."""
        return self.tracer.wait_entry(
            lambda e: e.connection["remotePort"] == port and pid in (None, e["process"]["pid"])
        )

    # ---- assertions ----

    def assert_connected(self, entry):
        self.assertEqual(entry.connection["outcome"], "connected", entry)
        self.assertIsNone(entry.connection["error"], entry)

    def assert_sources(self, entry, start="uprobe", end="uprobe", bound="thread"):
        """Who tells the two ends of a handshake, for a tracer that has all hooks."""
        tls = entry["tls"]
        if self.tracer.hooks["tls"] == "off":
            start, end, bound = "wire", "wire", "none"
        elif "--no-uretprobes" in self.tracer.options:
            end = "wire"
        if start == "wire":
            bound = "none"
        found = tls["startSource"], tls["endSource"], tls["boundBy"]
        if self.is_slow:
            self.assertIn(found[0], (start, "wire"), tls)
            self.assertIn(found[1], (end, "wire"), tls)
        else:
            self.assertEqual(found, (start, end, bound), tls)

    def assert_failed(self, entry, phase, code, outcome="failed"):
        self.assertEqual(entry.connection["outcome"], outcome, entry)
        error = entry.connection["error"]
        self.assertEqual((error["phase"], error["code"]), (phase, code), entry)
        self.assertIsNotNone(entry["phases"]["failed"], entry)
        self.assertEqual(entry["responseEnd"], entry["phases"]["failed"], entry)

    def assert_words(self, entry, sender, words):
        """Who sent the alert, and what the sender's library said, where a probe can hear it."""
        heard = self.tracer.hooks["tls"] != "off" and platform.machine() == "x86_64"
        if self.is_slow and entry["tls"]["boundBy"] == "none":
            heard = False
        expected = f"sent by the {sender}" + (f"; library: {words}" if heard else "")
        self.assertEqual(entry.connection["error"]["detail"], expected, entry)

    def assert_starts(self, name, pairs):
        """pairs of (ours, the program's own, read before the call)."""
        self._assert_one_sided(name, [ours - own for ours, own in pairs])

    def assert_ends(self, name, pairs):
        """pairs of (ours, the program's own, read after the call)."""
        self._assert_one_sided(name, [own - ours for ours, own in pairs])

    def assert_marks(self, pairs, starts, ends):
        """pairs of (entry, what the program measured); starts and ends: {our phase: its mark}."""
        for ours, own in starts.items():
            self.assert_starts(ours, self._seen(pairs, ours, own))
        for ours, own in ends.items():
            self.assert_ends(ours, self._seen(pairs, ours, own))

    def _seen(self, pairs, ours, own):
        """Both times of each pair. Without the wire not every handshake is seen."""
        times = [(entry.ns(ours), marks[own]) for entry, marks in pairs]
        if ours.startswith("tls") and not self.tracer.sees_wire:
            return [(our, its) for our, its in times if our is not None]
        return times

    def _assert_one_sided(self, name, skews):
        if not skews and not self.tracer.sees_wire:
            return
        self.assertGreaterEqual(min(skews), 0, f"{name}: on the wrong side, ns: {sorted(skews)}")
        allowed = self.window_ns * (1 if len(skews) > 2 else 3)  # one or two have no median
        self.assertLess(statistics.median(skews), allowed, f"{name}, ns: {sorted(skews)}")


def main():
    """Runs the calling file's tests. Status 77: nothing could be run, and it says why."""
    reason = host.cannot_trace()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(1 if host.required() else host.SKIP_STATUS)
    ran = unittest.main(exit=False, verbosity=2).result
    for test, why in ran.skipped:
        print(f"skipped: {test.id()}: {why}")
    if not ran.wasSuccessful() or (ran.skipped and host.required()):
        sys.exit(1)
    sys.exit(host.SKIP_STATUS if len(ran.skipped) >= max(ran.testsRun, 1) else 0)
