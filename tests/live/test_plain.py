# SPDX-License-Identifier: MIT
"""Connections without TLS: who, where to, when; against the client's own clock."""
import datetime
import os
import time

from lib import programs
from lib.case import LiveCase, main


class Plain(LiveCase):
    def check(self, address, *steps, remote="127.0.0.1", count=5):
        server = self.server(address=remote if ":" not in remote else f"[{remote}]")
        marks = programs.marks("--connections", count, f"{address}:{server.port}", *steps)
        self.assertEqual(len(marks), count)
        entries = [self.entry_of(m) for m in marks]
        pairs = list(zip(entries, marks))
        for entry, own in pairs:
            self.check_one(entry, own, remote, server.port)
        self.assert_marks(pairs, starts={"connectStart": "connectStart"},
                          ends={"tcpEstablished": "connected"})
        return entries

    def check_one(self, entry, own, remote, port):
        self.assert_connected(entry)
        connection, process = entry.connection, entry["process"]
        self.assertEqual(connection["role"], "client")
        self.assertEqual((connection["remoteAddress"], connection["remotePort"]), (remote, port))
        self.assertEqual(connection["localAddress"], remote)
        self.assertEqual(connection["netns"], os.stat("/proc/self/ns/net").st_ino)
        self.assertEqual((process["pid"], process["tid"]), (own["pid"], own["tid"]))
        self.assertEqual((process["comm"], process["thread"]), ("marks", "marks"))
        self.assertEqual(process["uid"], os.getuid())
        self.assertTrue(process["exe"].endswith("/marks"), process)
        host = f"[{remote}]" if ":" in remote else remote
        self.assertEqual(entry["name"], f"tcp://{host}:{port}")
        self.assertIsNone(entry["tls"])
        self.assertEqual(entry["secureConnectionStart"], 0)
        self.assertEqual(entry["connectStart"], entry["phases"]["connectStart"])
        self.assertEqual(entry["connectEnd"], entry["phases"]["tcpEstablished"])
        for flag in ("reused", "tfo", "preexisting", "late"):
            self.assertFalse(connection[flag], flag)

    def test_blocking(self):
        for entry in self.check("127.0.0.1", "connect", "send=x", "recv", "close"):
            self.assertEqual(entry.connection["family"], "ipv4")

    def test_nonblocking(self):
        self.check("127.0.0.1", "nonblocking", "connect", "send=x", "recv", "close")

    def test_ipv6(self):
        steps = "connect", "send=x", "recv", "close"
        for entry in self.check("[::1]", *steps, remote="::1"):
            self.assertEqual(entry.connection["family"], "ipv6")

    def test_ipv6_nonblocking(self):
        steps = "nonblocking", "connect", "send=x", "recv", "close"
        self.check("[::1]", *steps, remote="::1")

    def test_v4_mapped_reads_as_ipv4(self):
        self.check("[::ffff:127.0.0.1]", "connect", "send=x", "recv", "close")

    def test_bound_to_a_port(self):
        self.check("127.0.0.1", "bind=127.0.0.1:0", "connect", "send=x", "recv", "close")

    def test_half_closed(self):
        self.check("127.0.0.1", "connect", "send=x", "close-write", "close")

    def test_closed_without_a_byte(self):
        self.check("127.0.0.1", "connect", "close")

    def test_reset_by_the_client(self):
        self.check("127.0.0.1", "connect", "send=x", "recv", "reset")

    def test_silence_is_complete_after_a_second(self):
        server = self.server()
        client = programs.Process(programs.marks_command(server.at, "connect", "ready"))
        self.addCleanup(client.stop)
        client.wait_line('{"ready"')
        entry = self.entry_to(server.port, client.pid)
        self.assert_connected(entry)
        self.assertEqual(entry["connectEnd"], entry["phases"]["tcpEstablished"])

    def test_server_speaks_first(self):
        server = self.server("--greeting", "220 hello")
        (own,) = programs.marks(server.at, "connect", "recv", "close")
        self.assert_connected(self.entry_of(own))

    def test_server_closes_at_once(self):
        server = self.server("--fault", "ignore")
        (own,) = programs.marks(server.at, "connect", "close-write", "close")
        self.assert_connected(self.entry_of(own))

    def test_a_late_accept_changes_nothing(self):
        """ESTABLISHED is the kernel's: no accept(2) is needed for it."""
        server = self.server("--delay-accept", 300)
        (own,) = programs.marks(server.at, "connect", "send=x", "recv", "close")
        entry = self.entry_of(own)
        self.assert_ends("established", [(entry.ns("tcpEstablished"), own["connected"])])

    def test_a_byte_that_looks_like_tls_but_is_not(self):
        server = self.server()
        (own,) = programs.marks(server.at, "connect", "send=\x16\x03\x01not tls", "recv", "close")
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assertIsNone(entry["tls"])

    def test_threads_are_told_apart(self):
        server = self.server()
        marks = programs.marks(
            "--threads", 4, "--processes", 2, "--connections", 5,
            server.at, "connect", "send=x", "recv",
        )
        self.assertEqual(len(marks), 40)
        for own in marks:
            self.assertEqual(self.entry_of(own)["process"]["tid"], own["tid"])

    def test_timestamp_is_the_wall_clock(self):
        server = self.server()
        before_ns = time.time_ns()
        (own,) = programs.marks(server.at, "connect", "send=x", "recv")
        after_ns = time.time_ns()
        text = self.entry_of(own)["timestamp"]
        self.assertRegex(text, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        seconds = datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp()
        unix_ns = int(seconds) * 1_000_000_000 + int(text[20:29])
        self.assertLess(before_ns - 1_000_000, unix_ns)
        self.assertLess(unix_ns, after_ns + 1_000_000)


if __name__ == "__main__":
    main()
