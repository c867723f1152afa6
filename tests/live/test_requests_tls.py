# SPDX-License-Identifier: MIT
"""--requests inside TLS, by the direction of records: HTTP/1.1 that ALPN proves."""
import socket
import ssl

from lib import host, programs
from lib.case import LiveCase, main
from lib.process import PATIENCE_S

WAIT_MS = 250
PIECE_MS = WAIT_MS - 5  # a timer may fire a tick early against another clock


class InsideTls(LiveCase):
    options = ("--requests",)

    @classmethod
    def set_up(cls):
        cls.https = programs.SlowHttp(cls.certificate.cert, cls.certificate.key)
        cls.addClassCleanup(cls.https.stop)

    def ask(self, *options):
        at = f"https://localhost:{self.https.port}"
        file = self.trace(["curl", "-s", *options, "--cacert", self.certificate.cert,
                           "-o", "/dev/null", at + "/head", "-o", "/dev/null", at + "/body",
                           "-o", "/dev/null", at + "/large"], "--requests")
        return at, [e for e in file.entries if e.connection["remotePort"] == self.https.port
                    and e.connection["outcome"] == "connected"]

    def check(self, *options):
        at, entries = self.ask("--http1.1", *options)
        self.assertEqual(len(entries), 3, entries)
        self.assertEqual([e.connection["reused"] for e in entries], [False, True, True])
        for entry in entries:
            self.assertEqual(entry["name"], at + "/")
            self.assertEqual((entry["nextHopProtocol"], entry["responseStatus"]), ("http/1.1", 0))
        head, body, large = entries
        self.assertEqual(head["secureConnectionStart"], head["phases"]["tlsStart"])
        self.assertEqual(head["connectEnd"], head["phases"]["tlsEnd"])
        self.assertGreaterEqual(head["responseStart"] - head["requestStart"], PIECE_MS)
        self.assertLess(body["responseStart"] - body["requestStart"], PIECE_MS)
        self.assertGreaterEqual(body["responseEnd"] - body["responseStart"], PIECE_MS)
        self.assertGreater(large["request"]["receivedBytes"], 3000000)

    def test_tls13_whose_tickets_are_no_response(self):
        self.check("--tlsv1.3")

    def test_a_single_ticket_is_no_response_or_may_be_one(self):
        """It depends on who is faster whether it comes before the request, when it does not count."""
        server = programs.SlowHttp(self.certificate.cert, self.certificate.key, 1)
        self.addCleanup(server.stop)
        url = f"https://localhost:{server.port}/head"
        file = self.trace(["curl", "-s", "--http1.1", "--tlsv1.3", "--cacert", self.certificate.cert,
                           "-o", "/dev/null", url, "-o", "/dev/null", url], "--requests")
        first, second = (e for e in file.entries if e["request"])
        if "ticket" not in first.connection["flags"]:
            self.assertGreaterEqual(first["responseStart"] - first["requestStart"], PIECE_MS)
        self.assertNotIn("ticket", second.connection["flags"])
        self.assertGreaterEqual(second["responseStart"] - second["requestStart"], PIECE_MS)

    def test_tls12(self):
        self.check("--tls-max", "1.2")

    def test_a_request_in_one_packet_with_the_end_of_the_handshake(self):
        at = f"https://localhost:{self.https.port}"
        file = self.trace([host.tool("node"), str(host.SCRIPTS / "https_in_turn.mjs"),
                           self.certificate.cert, at, "/head", "/body", "/"], "--requests")
        head, body, last = file.entries
        self.assertEqual([e.connection["reused"] for e in file.entries], [False, True, True])
        self.assertEqual(head["connectEnd"], head["phases"]["tlsEnd"])
        self.assertGreaterEqual(head["responseStart"] - head["requestStart"], PIECE_MS)
        self.assertLess(body["responseStart"] - body["requestStart"], PIECE_MS)
        self.assertGreaterEqual(body["responseEnd"] - body["responseStart"], PIECE_MS)
        self.assertEqual(last.connection["flags"], [])

    def test_what_may_be_http2_is_the_connection(self):
        at, entries = self.ask("--http2", "--tlsv1.3")
        self.assertEqual([(e["name"], e["request"]) for e in entries], [(at + "/", None)])

    def test_any_first_byte_of_an_encrypted_finished(self):
        """In TLS 1.2 one of 256 looks like a ClientHello, whose second one it is not."""
        url = f"https://localhost:{self.https.port}/last?[1-500]"
        file = self.trace(["curl", "-s", "--http1.1", "--tls-max", "1.2", "--cacert",
                           self.certificate.cert, "-o", "/dev/null", url], "--requests")
        entries = [e for e in file.entries if e.connection["outcome"] == "connected"]
        self.assertEqual(len(entries), 500)
        self.assertEqual([e for e in entries if not e["request"]], [])

    def exchange(self, path, version, behind=b""):
        """On a connection of this process, which is read until the server closes it: the entries."""
        context = ssl.create_default_context(cafile=self.certificate.cert)
        context.set_alpn_protocols(["http/1.1"])
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", self.https.port)) as connection:
            connection.settimeout(PATIENCE_S)
            port = connection.getsockname()[1]
            with context.wrap_socket(connection, server_hostname="localhost") as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                while client.recv(65536):
                    pass
                if behind:
                    client.sendall(behind)
        count = 2 if behind else 1
        entries = self.tracer.wait_entries(lambda e: e.connection["localPort"] == port, count)
        self.assertEqual(len(entries), count, entries)
        return entries

    def test_a_request_that_waits_for_100(self):
        at = f"https://localhost:{self.https.port}/"
        for version in "1.2", "1.3":
            with self.subTest(version=version):
                file = self.trace(["curl", "-s", "--http1.1", "--tls-max", version, "--cacert",
                                   self.certificate.cert, "-H", "Expect: 100-continue",
                                   "-d", "a" * 100000, at, "--next", "-s", "--http1.1",
                                   "--cacert", self.certificate.cert, at], "--requests")
                first, second = (e for e in file.entries if e["request"])
                self.assertGreater(first["request"]["sentBytes"], 100000)
                self.assertGreater(first["firstInterimResponseStart"], first["requestStart"])
                self.assertGreater(first["finalResponseHeadersStart"],
                                   first["firstInterimResponseStart"])
                self.assertEqual(second["firstInterimResponseStart"], 0)

    def test_the_close_is_no_part_of_the_response(self):
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            with self.subTest(version=version):
                [entry] = self.exchange("/farewell", version)
                self.assertLess(entry["responseEnd"] - entry["responseStart"], PIECE_MS)

    def test_nobody_answers(self):
        """The server closes, and the client behind the request or one that comes too late."""
        request = b"GET /stale HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            with self.subTest(version=version):
                [entry] = self.exchange("/drop", version)
                self.assert_failed(entry, "http", "eof")
                self.assertGreater(entry["request"]["sentBytes"], len(request))
                last, stale = self.exchange("/last", version, request)
                self.assert_connected(last)
                self.assert_failed(stale, "http", "eof")
                self.assertTrue(stale.connection["reused"])


if __name__ == "__main__":
    main()
