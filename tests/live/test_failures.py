# SPDX-License-Identifier: MIT
"""Connections that never got there, each with its own reason."""
import signal
import sys

from lib import host, programs
from lib.case import LiveCase, main
from lib.certs import Certificate
from lib.netns import Network

SLOW_TLS = """
import socket, ssl, sys
plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
tls = ssl._create_unverified_context().wrap_socket(plain, do_handshake_on_connect=False)
tls.settimeout(0.3)
try:
    tls.do_handshake()
except TimeoutError:
    tls.close()
"""


class Tcp(LiveCase):
    @classmethod
    def set_up(cls):
        cls.network = cls.fixtures.get(Network)

    def marks(self, *args):
        return programs.marks(*args, inside=self.network.client)

    def held(self, *args):
        """A client that stops at `ready` until it is told to go on."""
        client = programs.Process(programs.marks_command(*args, inside=self.network.client))
        self.addCleanup(client.stop)
        client.wait_line('{"ready"')
        return client

    def check_failed(self, entry, own, code, outcome="failed"):
        self.assert_failed(entry, "tcp", code, outcome)
        self.assertIsNone(entry["tls"])
        self.assertIsNone(entry["phases"]["tcpEstablished"])
        self.assertEqual(entry["startTime"], entry["phases"]["connectStart"])
        self.assertEqual(entry.connection["netns"], self.network.client.inode)
        self.assert_starts("connectStart", [(entry.ns("connectStart"), own["connectStart"])])
        if own["failed"]:
            self.assert_ends("failed", [(entry.ns("failed"), own["failed"])])

    def test_refused(self):
        for port, steps in ((1, ("connect",)), (2, ("nonblocking", "connect"))):
            (own,) = self.marks(f"127.0.0.1:{port}", *steps)
            self.check_failed(self.entry_to(port, own["pid"]), own, "ECONNREFUSED")

    def test_refused_ipv6(self):
        (own,) = self.marks("[::1]:3", "connect")
        entry = self.entry_to(3, own["pid"])
        self.check_failed(entry, own, "ECONNREFUSED")
        self.assertEqual(entry["name"], "tcp://[::1]:3")

    def test_timed_out(self):
        (own,) = self.marks(f"{Network.BLACKHOLE}:4", "connect")
        entry = self.entry_to(4, own["pid"])
        self.check_failed(entry, own, "ETIMEDOUT")
        self.assertEqual(entry.connection["remoteAddress"], Network.BLACKHOLE)
        self.assertGreaterEqual(entry.connection["synRetransmits"], 1)

    def test_unreachable_after_the_syn(self):
        (own,) = self.marks(f"{Network.UNREACHABLE}:5", "connect")
        self.check_failed(self.entry_to(5, own["pid"]), own, "EHOSTUNREACH")

    def test_unreachable_before_any_syn(self):
        """The errno is that of connect's return, which the last rung does not see."""
        (own,) = self.marks(f"{Network.NO_ROUTE}:6", "connect")
        entry = self.entry_to(6, own["pid"])
        if self.tracer.hooks["connect"] in ("fentry", "kprobe"):
            self.assert_failed(entry, "tcp", "ENETUNREACH")
        else:
            self.assert_failed(entry, "tcp", "unknown")
            self.assertEqual(entry.connection["error"]["detail"], "failed before SYN_SENT")
        self.assert_starts("connectStart", [(entry.ns("connectStart"), own["connectStart"])])

    def test_closed_in_syn_sent(self):
        client = self.held(
            f"{Network.BLACKHOLE}:7", "nonblocking", "start-connect", "ready", "close"
        )
        client.tell()
        client.wait()
        _, own = client.json()
        self.check_failed(self.entry_to(7, own["pid"]), own, "closed", "aborted")

    def test_disconnected_in_syn_sent(self):
        """connect(AF_UNSPEC) gives up the first attempt; the second is another entry."""
        server = self.server(inside=self.network.client)
        marks = self.marks(
            f"{Network.BLACKHOLE}:8", "nonblocking", "start-connect", "disconnect",
            f"connect={server.at}", "send=x", "recv", "close",
        )
        self.check_failed(self.entry_to(8, marks[0]["pid"]), marks[0], "closed", "aborted")
        self.assert_connected(self.entry_of(marks[1]))

    def test_killed_in_syn_sent(self):
        client = self.held(f"{Network.BLACKHOLE}:9", "nonblocking", "start-connect", "ready")
        client.signal(signal.SIGKILL)
        client.wait()
        self.assert_failed(self.entry_to(9, client.pid), "tcp", "signal", "aborted")

    def test_refused_then_connected_on_one_socket(self):
        server = self.server(inside=self.network.client)
        marks = self.marks(
            "127.0.0.1:10", "try-connect", f"connect={server.at}", "send=x", "recv", "close"
        )
        self.check_failed(self.entry_to(10, marks[0]["pid"]), marks[0], "ECONNREFUSED")
        self.assert_connected(self.entry_of(marks[1]))

    def test_a_lost_syn_is_counted(self):
        """The first SYN goes astray; its repetition finds the server."""
        server = self.server(address=Network.SERVER, inside=self.network.router)
        self.network.lose(Network.SERVER)
        client = self.held(
            server.at, "nonblocking", "start-connect", "ready", "end-connect", "send=x", "recv"
        )
        self.network.find(Network.SERVER)
        client.tell()
        client.wait()
        _, own = client.json()
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assertGreaterEqual(entry.connection["synRetransmits"], 1)
        self.assertGreater(entry["connectEnd"] - entry["connectStart"], 500)


class Tls(LiveCase):
    @classmethod
    def set_up(cls):
        cls.other = Certificate(cls.folder, "other")
        cls.expired = Certificate(cls.folder, "expired").expire()

    def check_failed(self, entry, code, outcome="failed"):
        self.assert_failed(entry, "tls", code, outcome)
        self.assertIsNotNone(entry["tls"], entry)
        self.assertIsNone(entry["phases"]["tlsEnd"])
        for phase in ("connectStart", "tcpEstablished", "tlsStart"):
            self.assertIsNotNone(entry["phases"][phase], phase)

    def handshake(self, server, *args):
        (own,) = programs.marks(*args, server.at, "connect", "tls", "close")
        self.assertTrue(own["tlsFailed"])
        return self.entry_of(own)

    def misbehaving(self, fault):
        return self.server("--fault", fault, certificate=self.certificate)

    def test_client_does_not_trust(self):
        server = self.server(certificate=self.certificate)
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                entry = self.handshake(server, "--tls", version, "--ca", self.other.cert)
                self.check_failed(entry, "unknown_ca")
                self.assert_words(entry, "client", "certificate verify failed")

    def test_certificate_expired(self):
        server = self.server(certificate=self.expired)
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                entry = self.handshake(server, "--tls", version, "--ca", self.expired.cert)
                self.check_failed(entry, "certificate_expired")
                self.assert_words(entry, "client", "certificate verify failed")

    def test_client_does_not_trust_and_says_so_in_secret(self):
        """Go encrypts the alert that OpenSSL sends in clear."""
        server = self.server(certificate=self.certificate)
        url = f"https://127.0.0.1:{server.port}/"
        programs.run([host.program("httptrace"), self.other.cert, url, 1], status=1)
        self.check_failed(self.entry_to(server.port), "encrypted_alert")

    def test_server_refuses_the_version(self):
        server = self.server("--min", "1.3", certificate=self.certificate)
        self.check_failed(self.handshake(server, "--tls", "1.2"), "protocol_version")

    def test_client_refuses_the_version(self):
        server = self.server("--max", "1.2", certificate=self.certificate)
        self.check_failed(self.handshake(server, "--tls", "1.3"), "protocol_version")

    def test_no_shared_cipher(self):
        """RSA was asked for, and the server has another key."""
        server = self.server(certificate=self.certificate)
        client = [host.tool("openssl"), "s_client", "-tls1_2", "-cipher", "AES128-GCM-SHA256"]
        programs.run([*client, "-connect", server.at], status=1)
        self.check_failed(self.entry_to(server.port), "handshake_failure")

    def test_server_wants_a_certificate(self):
        server = self.server("--client-ca", self.other.cert, certificate=self.certificate)
        self.check_failed(self.handshake(server, "--tls", "1.2"), "handshake_failure")

    def test_server_wants_a_certificate_too_late(self):
        """In TLS 1.3 the client's answer ends its handshake; the alert comes after it."""
        server = self.server("--client-ca", self.other.cert, certificate=self.certificate)
        (own,) = programs.marks("--tls", "1.3", server.at, "connect", "tls", "close")
        self.assert_connected(self.entry_of(own))

    def test_server_sends_an_alert(self):
        self.check_failed(self.handshake(self.misbehaving("alert")), "handshake_failure")

    def test_server_closes(self):
        self.check_failed(self.handshake(self.misbehaving("close")), "eof")

    def test_server_resets(self):
        self.check_failed(self.handshake(self.misbehaving("reset")), "reset")

    def test_client_is_killed(self):
        """The server's line says that the ClientHello is there: the handshake has begun."""
        server = self.misbehaving("silent")
        client = programs.Process(programs.marks_command(server.at, "connect", "tls"))
        server.process.wait_line("hello")
        client.signal(signal.SIGKILL)
        client.wait()
        self.check_failed(self.entry_to(server.port, client.pid), "signal", "aborted")

    def test_client_gives_up(self):
        server = self.misbehaving("silent")
        programs.run([sys.executable, "-c", SLOW_TLS, server.port])
        self.check_failed(self.entry_to(server.port), "closed", "aborted")


if __name__ == "__main__":
    main()
