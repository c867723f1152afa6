# SPDX-License-Identifier: MIT
"""The accepting end: --role server, and both ends of one loopback connection."""
import platform

from lib import host, programs
from lib.case import LiveCase, main
from lib.certs import NAME, Certificate
from lib.process import Process

EXCHANGE = "send=x", "recv", "close"


class Server(LiveCase):
    options = ("--role", "server")

    def served(self, server, own):
        return self.tracer.wait_entry(
            lambda e: e.connection["remotePort"] == own["localPort"]
            and e.connection["localPort"] == server.port
        )

    def connect(self, server, *steps, count=1):
        marks = programs.marks("--sni", NAME, "--connections", count, server.at, *steps)
        entries = [self.served(server, own) for own in marks]
        for entry in entries:
            self.assertEqual(entry.connection["role"], "server")
        return entries, marks

    def test_plain(self):
        server = self.server("--marks")
        entries, marks = self.connect(server, "connect", *EXCHANGE, count=5)
        accepted = server.marks()
        for entry, own in zip(entries, marks):
            self.assert_connected(entry)
            self.assertEqual(entry["name"], f"tcp://{server.at}")
            self.assertEqual(entry["process"]["comm"], "server")
            self.assertEqual(entry["process"]["pid"], server.worker)
            self.assertGreaterEqual(entry.ns("connectStart"), own["connectStart"])
        self.assert_ends(
            "established",
            [(e.ns("tcpEstablished"), accepted[m["localPort"]]["accepted"])
             for e, m in zip(entries, marks)],
        )

    def test_ipv6(self):
        server = self.server(address="[::1]")
        (entry,), _ = self.connect(server, "connect", *EXCHANGE)
        self.assertEqual(entry.connection["family"], "ipv6")
        self.assertEqual(entry["name"], f"tcp://{server.at}")

    def test_tls(self):
        server = self.server("--marks", certificate=self.certificate)
        entries, marks = self.connect(server, "connect", "tls", *EXCHANGE, count=5)
        served = [server.marks()[own["localPort"]] for own in marks]
        for entry in entries:
            self.assert_connected(entry)
            self.assertEqual(entry["tls"]["serverName"], NAME)
            self.assertEqual(entry["tls"]["version"], "1.3")
            self.assertEqual(entry["name"], f"tls://{NAME}:{server.port}")
        self.assert_ends(
            "tlsEnd", [(e.ns("tlsEnd"), s["tlsEnd"]) for e, s in zip(entries, served)]
        )

    def test_first_bytes_complete_the_connection(self):
        """TCP_DEFER_ACCEPT: the listener filters the packet that is the child's first payload."""
        plain = self.server("--defer-accept")
        (entry,), _ = self.connect(plain, "connect", *EXCHANGE)
        self.assert_connected(entry)
        self.assertEqual(entry["name"], f"tcp://{plain.at}")
        self.assertEqual(entry["process"]["pid"], plain.worker)
        server = self.server("--defer-accept", certificate=self.certificate)
        entries, _ = self.connect(server, "connect", "tls", *EXCHANGE, count=5)
        for entry in entries:
            self.assert_connected(entry)
            self.assertEqual(entry["tls"]["serverName"], NAME)
            self.assertEqual(entry["tls"]["version"], "1.3")
            self.assertEqual(entry.connection["startSource"], "syn")

    def test_worker_speaks_for_the_listener(self):
        """The process is the one that called listen(), until another one sends."""
        server = self.server("--fork")
        (entry,), _ = self.connect(server, "connect", *EXCHANGE)
        self.assertNotEqual(server.listener, server.worker)
        self.assertEqual(entry["process"]["pid"], server.worker)

    def test_nobody_speaks(self):
        server = self.server("--fork", "--fault", "ignore")
        (entry,), _ = self.connect(server, "connect", "close-write", "close")
        self.assertEqual(entry["process"]["pid"], server.listener)

    def test_client_does_not_trust(self):
        server = self.server(certificate=self.certificate)
        other = Certificate(self.folder, "other")
        (own,) = programs.marks("--tls", "1.2", "--ca", other.cert, server.at, "connect", "tls")
        self.assert_failed(self.served(server, own), "tls", "unknown_ca")

    def test_client_does_not_trust_and_says_so_in_secret(self):
        """The alert is encrypted (Go): what it was, only the server's library knows."""
        server = self.server(certificate=self.certificate)
        other = Certificate(self.folder, "other")
        url = f"https://127.0.0.1:{server.port}/"
        programs.run([host.program("httptrace"), other.cert, url, 1], status=1)
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == server.port)
        heard = self.tracer.hooks["tls"] != "off" and platform.machine() == "x86_64"
        self.assert_failed(entry, "tls", "bad_certificate" if heard else "encrypted_alert")
        self.assertEqual(entry.connection["error"]["detail"], "sent by the client")

    def test_server_names_why_it_refused(self):
        server = self.server("--client-ca", self.certificate.cert, certificate=self.certificate)
        (own,) = programs.marks("--tls", "1.2", server.at, "connect", "tls")
        entry = self.served(server, own)
        self.assert_failed(entry, "tls", "handshake_failure")
        self.assert_words(entry, "server", "peer did not return a certificate")

    def test_openssl_s_server(self):
        """Its handshake happens inside a BIO: no exported function of libssl is called."""
        port = programs.free_port()
        server = Process(
            [host.tool("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-www",
             "-cert", self.certificate.cert, "-key", self.certificate.key]
        )
        self.addCleanup(server.stop)
        server.wait_line("ACCEPT")
        (own,) = programs.marks(
            "--sni", NAME, f"127.0.0.1:{port}", "connect", "tls", "send=GET / HTTP/1.0\r\n\r\n",
            "recv", "close",
        )
        entry = self.tracer.wait_entry(lambda e: e.connection["remotePort"] == own["localPort"])
        self.assert_connected(entry)
        self.assertEqual(entry["process"]["comm"], "openssl")
        self.assertEqual(entry["tls"]["version"], "1.3")

    def test_nginx(self):
        nginx = programs.Nginx(self.folder, self.certificate)
        self.addCleanup(nginx.stop)
        programs.run([host.tool("curl"), "-sS", "-o", "/dev/null", "--cacert",
                      self.certificate.cert, f"https://{NAME}:{nginx.port}/"])
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == nginx.port)
        self.assert_connected(entry)
        self.assertEqual(entry["process"]["comm"], "nginx")
        self.assertEqual(entry["name"], f"https://{NAME}:{nginx.port}/")


class Both(LiveCase):
    options = ("--role", "both")

    def test_two_entries_per_connection(self):
        for certificate, steps in ((None, ()), (self.certificate, ("tls",))):
            server = self.server(certificate=certificate)
            (own,) = programs.marks(server.at, "connect", *steps, *EXCHANGE)
            client = self.entry_of(own)
            accepted = self.tracer.wait_entry(
                lambda e, own=own: e.connection["remotePort"] == own["localPort"]
            )
            self.assertEqual(client.connection["role"], "client")
            self.assertEqual(accepted.connection["role"], "server")
            self.assertNotEqual(client.connection["id"], accepted.connection["id"])
            self.assertLessEqual(client.ns("connectStart"), accepted.ns("connectStart"))


if __name__ == "__main__":
    main()
