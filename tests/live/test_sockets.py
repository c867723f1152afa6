# SPDX-License-Identifier: MIT
"""Sockets that are opened, used, inherited and reused in unusual ways."""
import socket
import unittest

from lib import host, programs
from lib.case import LiveCase, main
from lib.netns import Namespace
from lib.tracer import Tracer

IPPROTO_MPTCP = 262
EXCHANGE = "send=x", "recv", "close"


class Ways(LiveCase):
    """Ways to connect without connect(2) as everybody calls it."""

    @classmethod
    def set_up(cls):
        cls.namespace = cls.fixtures.get(Namespace)

    def run_or_skip(self, *args):
        try:
            return programs.run(args)
        except AssertionError as failure:
            if "ended with 77" in str(failure):
                raise unittest.SkipTest(str(failure)) from None
            raise

    def check(self, marks):
        (own,) = marks
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assert_marks(
            [(entry, own)], {"connectStart": "connectStart"}, {"tcpEstablished": "connected"}
        )
        return entry

    def test_io_uring(self):
        server = self.server()
        for option in ((), ("--async",)):
            entry = self.check(self.run_or_skip(host.program("uring"), *option, server.at))
            self.assertEqual(entry["process"]["comm"], "uring")

    def test_mptcp(self):
        """The subflow is seen, and belongs to the process that connected."""
        try:
            socket.socket(proto=IPPROTO_MPTCP).close()
        except OSError as refused:
            self.skipTest(f"no MPTCP in this kernel: {refused}")
        server = self.server("--mptcp")
        entry = self.check(self.run_or_skip(host.program("plain"), "--mptcp", server.at))
        self.assertIn("mptcp", entry.connection["flags"])

    def test_32_bit(self):
        server = self.server()
        self.check(self.run_or_skip(host.program("plain32"), server.at))

    def fast_open(self, *steps):
        """The second of two connections, which has a cookie (RFC 7413)."""
        server = self.server("--fastopen", inside=self.namespace)
        marks = programs.marks("--connections", 2, server.at, *steps, inside=self.namespace)
        first, second = (self.entry_of(own) for own in marks)
        self.assert_connected(first)
        self.assert_connected(second)
        self.assertTrue(second.connection["tfo"], second)
        self.assert_starts("connectStart", [(second.ns("connectStart"), marks[1]["connectStart"])])
        self.assertLessEqual(second["connectEnd"], second["phases"]["tcpEstablished"])
        return second

    def test_fast_open_connect(self):
        """connect() sends nothing; the SYN leaves with the first byte, here 100 ms later."""
        entry = self.fast_open("fastopen", "connect", "delay=100", *EXCHANGE)
        self.assertLess(entry["connectEnd"] - entry["connectStart"], 50)
        self.assertGreater(entry["phases"]["tcpEstablished"] - entry["connectStart"], 50)

    def test_fast_open_send(self):
        self.fast_open("fastopen-send=hello", "recv", "close")

    def test_other_namespace(self):
        server = self.server(inside=self.namespace)
        marks = programs.marks(server.at, "connect", *EXCHANGE, inside=self.namespace)
        entry = self.check(marks)
        self.assertEqual(entry.connection["netns"], self.namespace.inode)


class Lives(LiveCase):
    """What happens to the socket once it is there."""

    def test_sendfile(self):
        (own,) = programs.marks(self.server().at, "connect", "sendfile=hello", "recv", "close")
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assertIsNone(entry["tls"])

    def test_process_is_gone_before_the_entry(self):
        server = self.server()
        (own,) = programs.marks(server.at, "connect", "exit=0")
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assertEqual(entry["process"]["comm"], "marks")
        self.assertTrue(entry["process"]["exe"].endswith("/marks"))

    def test_handed_over(self):
        """The process of an entry is the one that called connect, not the one that sends."""
        for step in ("fork", "pass"):
            with self.subTest(step):
                self.check_handed_over(step)

    def check_handed_over(self, step):
        server = self.server()
        (own,) = programs.marks(server.at, "connect", step, *EXCHANGE)
        entry = self.entry_to(server.port)
        self.assert_connected(entry)
        self.assertEqual(entry.connection["localPort"], own["localPort"])
        self.assertEqual(entry["process"]["comm"], "marks")
        self.assertNotEqual(entry["process"]["pid"], own["pid"], "that is the heir")

    def test_tls_of_the_heir(self):
        """Whoever sends the ClientHello: the handshake belongs to the connection."""
        server = self.server(certificate=self.certificate)
        (own,) = programs.marks(server.at, "connect", "fork", "tls", *EXCHANGE)
        entry = self.entry_to(server.port)
        self.assert_connected(entry)
        self.assert_starts("tlsStart", [(entry.ns("tlsStart"), own["tlsStart"])])
        self.assert_ends("tlsEnd", [(entry.ns("tlsEnd"), own["tlsEnd"])])

    def test_sendfile_after_the_handshake(self):
        """Bytes past the handshake are nobody's business, however they are sent."""
        server = self.server(certificate=self.certificate)
        (own,) = programs.marks(server.at, "connect", "tls", "sendfile=raw", "close")
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assert_ends("tlsEnd", [(entry.ns("tlsEnd"), own["tlsEnd"])])


class Reuse(LiveCase):
    options = None

    def test_2000_in_a_loop(self):
        """The same fd every time, and soon the same struct sock: still 2000 different entries."""
        count = 2000
        server = self.server()
        command = programs.marks_command("--connections", count, server.at, "connect", *EXCHANGE)
        file = self.trace(command)
        marks = self.own.process.json()
        self.assertEqual(len(marks), count)
        self.assertEqual(len(file.entries), count)
        self.assertFalse(file.lost)
        own = {m["localPort"]: m for m in marks}
        pairs = [(entry, own[entry.connection["localPort"]]) for entry in file.entries]
        self.assert_marks(pairs, {"connectStart": "connectStart"}, {"tcpEstablished": "connected"})

    def test_refused_in_a_loop(self):
        count = 500
        file = self.trace(programs.marks_command("--connections", count, "127.0.0.1:1", "connect"))
        self.assertEqual(len(file.entries), count)
        for entry in file.entries:
            self.assert_failed(entry, "tcp", "ECONNREFUSED")


class Before(LiveCase):
    """Connections that were open when the tracer started."""

    options = None

    def held(self, *steps, certificate=None):
        server = self.server(certificate=certificate)
        client = programs.Process(programs.marks_command(server.at, "connect", "ready", *steps))
        self.addCleanup(client.stop)
        client.wait_line('{"ready"')
        return client

    def finish(self, client):
        """Lets the client go on under a tracer; its entries and what it measured."""
        tracer = Tracer(self.folder, "-p", client.pid)
        client.tell()
        client.wait()
        file = tracer.stop()
        _, own = client.json()
        return file.entries, own

    def test_plain_has_no_entry(self):
        entries, _ = self.finish(self.held(*EXCHANGE))
        self.assertEqual(entries, [])

    def test_tls_has_one_without_a_start(self):
        (entry,), own = self.finish(self.held("tls", *EXCHANGE, certificate=self.certificate))
        self.assertTrue(entry.connection["preexisting"])
        self.assertEqual(entry["connectStart"], 0)
        self.assertIsNone(entry["phases"]["connectStart"])
        self.assertEqual(entry["startTime"], entry["phases"]["tlsStart"])
        self.assertEqual(entry.connection["localPort"], own["localPort"])
        self.assert_starts("tlsStart", [(entry.ns("tlsStart"), own["tlsStart"])])
        self.assert_ends("tlsEnd", [(entry.ns("tlsEnd"), own["tlsEnd"])])


class Unfinished(LiveCase):
    options = None

    def test_in_the_middle_of_a_handshake(self):
        """A connection in progress when the tracer stops is written, as what it is."""
        server = self.server("--fault", "silent", certificate=self.certificate)
        tracer = Tracer(self.folder, "--port", server.port)
        client = programs.Process(programs.marks_command(server.at, "connect", "tls"))
        self.addCleanup(client.stop)
        server.process.wait_line("hello")
        (entry,) = tracer.stop().entries
        self.assertEqual(entry.connection["outcome"], "unfinished")
        self.assertEqual(entry["process"]["pid"], client.pid)


if __name__ == "__main__":
    main()
