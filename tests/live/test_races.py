# SPDX-License-Identifier: MIT
"""Happy eyeballs: who lost, and since when the winner raced."""
from lib import host
from lib.case import main
from lib.lookups import DnsCase
from lib.names import Names

ASYNCIO = """
import asyncio, sys
async def go():
    _, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]),
                                              happy_eyeballs_delay=0.2)
    writer.write(b"x")
    await writer.drain()
    writer.close()
asyncio.run(go())
"""

# Each begins before the second attempts of those before it.
ASYNCIO_RACES = ASYNCIO.replace("asyncio.run(go())", """
async def race(number):
    await asyncio.sleep(number * 0.06)
    await go()
async def races():
    await asyncio.gather(*(race(number) for number in range(int(sys.argv[3]))))
asyncio.run(races())
""")

# Is the port open?
CHECK = """
import socket, sys
socket.create_connection(sys.argv[1:], timeout=0.3).close()
"""

NODE = """
const socket = require("net").connect(
    {host: process.argv[1], port: +process.argv[2], autoSelectFamily: true});
socket.on("connect", () => socket.end("x"));
"""


class Races(DnsCase):
    """Happy eyeballs: a name with two addresses, of which that of IPv6 never answers."""

    def race(self, port, *command, status=0):
        text = self.run_inside(*command, status=status)
        winner, loser = (
            self.tracer.wait_entry(
                lambda e, address=address: e.connection["remoteAddress"] == address
                and e.connection["remotePort"] == port and e.connection["id"] not in self.seen)
            for address in (Names.SERVER, Names.BLACKHOLE6))
        self.seen.update(e.connection["id"] for e in (winner, loser))
        self.assert_connected(winner)
        self.assert_lookup(winner)
        self.assertEqual(loser.connection["outcome"], "abandoned", loser)
        self.assertIsNone(loser.connection["error"])
        self.assertEqual(winner.connection["raceStart"], loser["phases"]["connectStart"])
        self.assertGreater(winner["connectStart"], winner.connection["raceStart"] + 150)
        self.assertIsNone(loser.connection["raceStart"])
        self.assertEqual(loser["name"], winner["name"])
        return text, winner

    seen = set()

    def test_curl(self):
        text, winner = self.race(
            self.plain.port, host.tool("curl"), "-s", "-o", "/dev/null", "--http0.9", "-w",
            "%{time_connect} %{time_namelookup}", "--max-time", 1,
            f"http://race.example:{self.plain.port}/", status=28)
        connect, namelookup = (float(word) * 1000 for word in text.split())
        ours = winner.connection["tcpEstablished"] - winner.connection["raceStart"]
        self.assertLess(ours, connect - namelookup)

    def test_node(self):
        self.race(self.plain.port, host.tool("node"), "-e", NODE, "race.example", self.plain.port)

    def test_asyncio(self):
        self.race(self.plain.port, host.tool("python3"), "-c", ASYNCIO, "race.example",
                  self.plain.port)

    def test_races_that_overlap(self):
        """Each has its own lookup, its own loser and its own start."""
        count = 5
        self.run_inside(host.tool("python3"), "-c", ASYNCIO_RACES, "race.example", self.plain.port, count)
        entries = self.tracer.wait_entries(
            lambda e: e.connection["remotePort"] == self.plain.port
            and e.connection["id"] not in self.seen, 2 * count)
        self.seen.update(e.connection["id"] for e in entries)
        winners, losers = (
            sorted((e for e in entries if e.connection["remoteAddress"] == address),
                   key=lambda e: e["phases"]["connectStart"])
            for address in (Names.SERVER, Names.BLACKHOLE6))
        self.assertEqual(len(winners), count)
        for winner, loser in zip(winners, losers):
            self.assert_connected(winner)
            self.assert_lookup(winner)
            self.assertEqual(loser.connection["outcome"], "abandoned", loser)
            self.assertEqual(winner.connection["raceStart"], loser["phases"]["connectStart"])
            for mark in "domainLookupStart", "domainLookupEnd":
                self.assertEqual(winner["phases"][mark], loser["phases"][mark])

    def test_port_check(self):
        """No byte is said on the winner either."""
        self.race(self.plain.port, host.tool("python3"), "-c", CHECK, "race.example",
                  self.plain.port)

    def test_go(self):
        self.serve_web()
        self.race(8080, host.program("httptrace"), self.certificate.cert,
                  "http://race.example:8080/", 1)


if __name__ == "__main__":
    main()
