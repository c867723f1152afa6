# SPDX-License-Identifier: MIT
"""Each OpenSSL object is tied to its own socket, however many are in a handshake at once.

Every connection has a server name of its own, so that a handshake on the wrong socket shows.
"""
import sys

from lib import crowd, host, programs
from lib.case import LiveCase, main
from lib.netns import Network, run

# When its call returns later than this after the wire told the end, the wire is believed.
RETURN_WAIT_NS = 100_000_000
# A thread that leaves the CPU for longer than this between a call on memory BIOs and the sending of
# its ClientHello is no longer believed to have made it.
WINDOW_NS = 50_000_000
# Not the reader is on trial: what a sanitized one on a busy machine cannot take, waits.
ROOM = "--ring-size", "64M"


class BindingCase(LiveCase):
    options = None

    def crowd(self, command, count, *options):
        """Runs a client of `count` connections in a tracer of its own. Checks that every entry has
        its connection's name and marks. Returns [(entry, what it measured)]."""
        self.file = self.trace([str(word) for word in command], *ROOM, *options)
        owns = self.own.process.json()
        self.assertEqual(len(owns), count)
        self.assertEqual(len({entry.connection["id"] for entry in self.file.entries}), count)
        return self.check(crowd.pair(self.file.entries, owns))

    def check(self, pairs):
        lost = {} if self.file is None else self.file.lost
        print(f"{self.id()}: {crowd.spread(pairs)}, lost {lost}", flush=True)
        wrong = [(crowd.faults(entry, own), entry["tls"], own)
                 for entry, own in pairs if crowd.faults(entry, own)]
        self.assertFalse(wrong[:3], f"{len(wrong)} of {len(pairs)}")
        return pairs

    def check_bound(self, pairs):
        """By the library, every one, and no two handshakes were ever mistaken for each other."""
        self.assertEqual(self.file.lost, {})
        if self.own.hooks["tls"] == "off":
            return
        for entry, own in pairs:
            if own["hello"] - own["start"][0] <= WINDOW_NS:  # 0 without memory BIOs
                self.check_sources(entry, own)

    def check_sources(self, entry, own):
        tls = entry["tls"]
        self.assertEqual(tls["startSource"], "uprobe", (entry, own))
        self.assertNotEqual(tls["boundBy"], "none", (entry, own))
        if not own["abandoned"] and tls["endSource"] != "uprobe":
            self.assertGreater(own["end"][1] - entry.ns("tlsEnd"), RETURN_WAIT_NS, own)


class Crowd(BindingCase):
    """64 handshakes in flight on each of 4 threads."""

    def client(self, count, *options, in_flight=64, threads=4, server=None):
        server = server or self.server(certificate=self.certificate)
        return [host.program("crowd"), "--connections", count, "--threads", threads,
                "--in-flight", in_flight, *options, server.at]

    def run_crowd(self, count, *options):
        pairs = self.crowd(self.client(count, *options), count)
        self.check_bound(pairs)
        return pairs

    def check_addresses_came_again(self, pairs):
        """SSL_free and SSL_new: malloc gives the address of one to another at once."""
        self.assertLess(len({own["ssl"] for _, own in pairs}), len(pairs) / 2)

    def test_10000_socket(self):
        self.check_addresses_came_again(self.run_crowd(10_000))

    def test_10000_memory(self):
        self.check_addresses_came_again(self.run_crowd(10_000, "--memory"))

    def test_12(self):
        self.run_crowd(1_000, "--tls", "1.2")
        self.run_crowd(1_000, "--tls", "1.2", "--memory")

    def test_objects_cleared(self):
        """SSL_clear() begins the next handshake before the socket of the last one closes."""
        self.run_crowd(1_000, "--clear-ssl")
        self.run_crowd(1_000, "--clear-ssl", "--memory")

    def test_handshakes_given_up(self):
        """Every third object is freed or cleared when its ClientHello has left."""
        for options in ((), ("--memory",), ("--clear-ssl",), ("--clear-ssl", "--memory")):
            with self.subTest(options):
                pairs = self.run_crowd(600, "--abandon", 3, *options)
                self.assertGreater(sum(own["abandoned"] for _, own in pairs), 150)

    def test_slow_calls(self):
        """However long a handshake's first call takes, its ClientHello is its own."""
        for options in ((), ("--memory",)):
            self.run_crowd(20, "--dawdle", 2 * WINDOW_NS // 1_000_000, *options)

    def test_sent_late(self):
        """Steps all that are ready, then sends what they wrote: nobody knows whose hello it is, and
        then nobody guesses."""
        pairs = self.crowd(self.client(2_000, "--memory", "--late"), 2_000)
        for entry, own in pairs:
            self.assertNotEqual((entry["tls"]["startSource"], entry["tls"]["boundBy"]),
                                ("wire", "thread"), (entry, own))

    def test_equal_pointers(self):
        """The same program twice at once, without randomized addresses."""
        server = self.server(certificate=self.certificate)
        twice = []
        for first in (1, 10_001):
            command = self.client(500, "--first", first, threads=1, server=server)
            twice.append(" ".join(map(str, [host.tool("setarch"), "-R", *command])))
        pairs = self.crowd(["/bin/sh", "-c", f"{twice[0]} & {twice[1]}; wait"], 1_000)
        self.check_bound(pairs)
        seen = {}
        for _, own in pairs:
            seen.setdefault(own["pid"], set()).add(own["ssl"])
        self.assertEqual(len(seen), 2)
        self.assertGreater(len(set.intersection(*seen.values())), 30)


class EventLoops(BindingCase):
    """Memory BIOs in programs that others wrote: 64 connections at once on one thread."""

    count = 500

    def loop(self, *client):
        """Nobody knows when they send; so a few on a busy machine may be too late to be bound."""
        server = self.server(certificate=self.certificate)
        pairs = self.crowd([*client, "127.0.0.1", server.port, self.count, 64], self.count)
        self.assertEqual(self.file.lost, {})
        if self.own.hooks["tls"] != "off":
            bound = sum(entry["tls"]["startSource"] == "uprobe" for entry, _ in pairs)
            self.assertGreater(bound, self.count * 0.98)
        return pairs

    def test_asyncio(self):
        self.loop(sys.executable, host.SCRIPTS / "crowd.py")

    def test_node(self):
        """Its handshakes run inside SSL_read: the wire tells when they end."""
        for entry, _ in self.loop(host.tool("node"), host.SCRIPTS / "crowd.mjs"):
            self.assertEqual(entry["tls"]["endSource"], "wire", entry)


class Midway(BindingCase):
    """A handshake changes hands after its ClientHello."""

    options = ()
    file = None
    count = 20

    @classmethod
    def set_up(cls):
        # An answer within the first call would leave nothing to hand over.
        cls.slow = cls.server("--delay-hello", 20, certificate=cls.certificate)

    def midway(self, how):
        owns = programs.run([host.program("midway"), how, self.slow.at, self.count])
        self.assertEqual(len(owns), self.count)
        self.tracer.wait_entry(lambda e: e.key == (owns[-1]["pid"], owns[-1]["localPort"]))
        for own in owns:
            self.entry_of(own)
        pairs = self.check(crowd.pair(self.tracer.entries(), owns))
        return crowd.spread(pairs)

    def expect(self, how, spread):
        found = self.midway(how)
        if self.tracer.hooks["tls"] == "off":
            spread = "wire/wire/none"
        self.assertEqual(found, {spread: self.count})

    def test_another_thread_goes_on(self):
        self.expect("thread", "uprobe/uprobe/thread")

    def test_another_process_goes_on(self):
        """The one that was bound never returns; the other's object is bound to nothing."""
        self.expect("fork", "uprobe/wire/thread")

    def test_another_thread_sends(self):
        """A thread that steps no handshake proves nothing: the wire's marks stand."""
        self.expect("carrier", "wire/wire/none")


class Delayed(BindingCase):
    """The ClientHello waits in a qdisc for longer than the binding window: we see it before."""

    count = 24

    @classmethod
    def set_up(cls):
        cls.network = Network()
        cls.addClassCleanup(cls.network.close)
        run(*cls.network.client.inside(
            host.tool("tc"), "qdisc", "add", "dev", cls.network.device, "root", "tbf",
            "rate", "64kbit", "burst", "1600", "latency", "30s",
        ))

    def delayed(self, *options):
        server = self.server(
            address=Network.SERVER, inside=self.network.router, certificate=self.certificate
        )
        command = [host.program("crowd"), "--connections", self.count, "--in-flight", self.count,
                   server.at]
        pairs = self.crowd(self.network.client.inside(*command), self.count, *options)
        waited = sum(own["end"][0] - own["start"][1] > 100_000_000 for _, own in pairs)
        self.assertGreater(waited, self.count / 2)
        return pairs

    def test_bound(self):
        self.check_bound(self.delayed())

    def test_wire(self):
        self.assertEqual(crowd.spread(self.delayed("--no-uprobes")),
                         {"wire/wire/none": self.count})


if __name__ == "__main__":
    main()
