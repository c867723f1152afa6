# SPDX-License-Identifier: MIT
"""Somebody sets the wall clock, an hour back and forth, while connections are made: no mark moves, and
`timestamp` tells the time that the host tells. Only in a guest: its clock is nobody else's."""
import datetime
import os
import time

from lib import programs
from lib.case import LiveCase, main
from lib.cli import EXCHANGE
from lib.tracer import Tracer

HOUR_NS = 3600 * 10**9


class Clock(LiveCase):
    options = None

    @classmethod
    def set_up(cls):
        cls.echo = cls.server()

    def move(self, by_ns):
        time.clock_settime_ns(time.CLOCK_REALTIME, time.time_ns() + by_ns)

    def connect(self, tracer):
        """The entry of a connection: it began between two looks at the host's clock."""
        before_ns = time.time_ns()
        (own,) = programs.marks(self.echo.at, *EXCHANGE)
        after_ns = time.time_ns()
        entry = tracer.wait_entry(lambda e: e.key == (own["pid"], own["localPort"]))
        self.assert_connected(entry)
        self.assertGreaterEqual(entry.ns("connectStart"), own["connectStart"])
        self.assertLessEqual(entry.ns("tcpEstablished"), own["connected"])
        whole, fraction = entry["timestamp"].rstrip("Z").split(".")
        second = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
        unix_ns = int(second) * 10**9 + int(fraction)
        self.assertLess(before_ns, unix_ns)
        self.assertLess(unix_ns, after_ns)
        return entry

    def test_set_back_and_forth(self):
        tracer = Tracer(self.folder, "-p", os.getpid())
        self.addCleanup(tracer.process.stop)
        first = self.connect(tracer)
        self.move(-HOUR_NS)
        try:
            tracer.process.wait_line("the wall clock was set, by -", "stderr")
            back = self.connect(tracer)
        finally:
            self.move(HOUR_NS)
        tracer.process.wait_line("the wall clock was set, by +", "stderr")
        forth = self.connect(tracer)
        self.assertLess(first["startTime"], back["startTime"])
        self.assertLess(back["startTime"], forth["startTime"])
        self.assertLess(back["timestamp"], first["timestamp"])
        self.assertLess(first["timestamp"], forth["timestamp"])
        tracer.finish()


if __name__ == "__main__":
    main()
