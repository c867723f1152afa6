# SPDX-License-Identifier: MIT
"""Across a network with 25 ms of delay each way: what connspan calls TCP is the network's round
trip, and nothing that the slow machine adds at the ends."""
from lib import programs
from lib.case import LiveCase, main
from lib.netns import Network

ONE_WAY_MS = 25
SLACK_MS = 25  # of the fastest: the others may have waited for the processor, not for the network


class Delay(LiveCase):
    @classmethod
    def set_up(cls):
        cls.network = cls.fixtures.get(Network, ONE_WAY_MS)

    def entries(self, *steps, certificate=None, count=5):
        server = self.server(address=Network.SERVER, inside=self.network.router,
                             certificate=certificate)
        marks = programs.marks("--connections", count, server.at, *steps, "send=x", "recv", "close",
                               inside=self.network.client)
        entries = [self.entry_of(own) for own in marks]
        for entry in entries:
            self.assert_connected(entry)
        return entries

    def assert_round_trips(self, times_ms, count):
        """At least so many, each; no more than these and the slack, the fastest."""
        wanted = 2 * ONE_WAY_MS * count
        self.assertGreaterEqual(min(times_ms), wanted)
        self.assertLess(min(times_ms), wanted + SLACK_MS, sorted(times_ms))

    def test_connecting_takes_a_round_trip(self):
        for steps in (("connect",), ("nonblocking", "connect")):
            phases = [entry["phases"] for entry in self.entries(*steps)]
            self.assert_round_trips(
                [float(p["tcpEstablished"] - p["connectStart"]) for p in phases], 1)

    def test_securing_takes_round_trips_more(self):
        """One with TLS 1.3: the rest of connectEnd - secureConnectionStart is the two programs."""
        for entry in self.entries("connect", "tls", certificate=self.certificate):
            phases = entry["phases"]
            if not self.tracer.sees_wire and phases["tlsEnd"] is None:
                continue
            self.assertGreaterEqual(phases["tlsEnd"] - phases["tlsStart"], 2 * ONE_WAY_MS)
            self.assertLessEqual(phases["tcpEstablished"], phases["tlsStart"])


if __name__ == "__main__":
    main()
