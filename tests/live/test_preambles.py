# SPDX-License-Identifier: MIT
"""Every recorded exchange of what comes before TLS, over real sockets: at once, byte by byte, without
uprobes, and as the server sees it."""
import sys

from lib import exchange, host, programs
from lib.case import LiveCase, main
from lib.certs import NAME

# The PROXY protocol must be sent in one piece (its section 2). Of a proxy's consent in single bytes
# the end is known by what the client says next, of which a server's greeting deprives us.
# Prosody's features are more packets than are looked at.
WHOLE = ("proxy-v1", "proxy-v1-http", "proxy-v2-smtp", "proxy-v2-socks5", "socks5-smtp",
         "xmpp-starttls")


class Preambles(LiveCase):
    @classmethod
    def set_up(cls):
        cls.player = cls.fixtures.get(exchange.ExchangeServer, cls.certificate)

    def play(self, exchanges, piece):
        """What the client measured of each."""
        served = self.player.start(exchanges, piece)
        marks = programs.run([
            sys.executable, "-B", host.SCRIPTS / "exchange.py", self.player.port, piece,
            self.certificate.cert, NAME, *(played.path for played in exchanges),
        ])
        served.join()
        return marks

    def play_all(self, piece=0, left_out=()):
        exchanges = [each for each in exchange.all_exchanges() if each.name not in left_out]
        for played, marks in zip(exchanges, self.play(exchanges, piece)):
            with self.subTest(played.name):
                self.check(played, marks, self.entry_of(marks, role="client"))
        self.check_count(marks["pid"], len(exchanges))

    def check_count(self, pid, count):
        found = [entry for entry in self.tracer.entries()
                 if entry["process"]["pid"] == pid and entry.connection["role"] == "client"]
        self.assertEqual(len(found), count)

    def check(self, played, marks, entry):
        self.assertGreaterEqual(entry.ns("connectStart"), marks["connectStart"])
        self.assertLessEqual(entry.ns("tcpEstablished"), marks["connected"])
        self.assertEqual(entry["proxy"], played.proxy, entry)
        if played.ends_in_tls:
            self.check_tls(marks, entry)
        else:
            self.assertIsNone(entry["tls"], entry)
            self.check_outcome(played, marks, entry)

    def check_tls(self, marks, entry):
        self.assert_connected(entry)
        self.assertIsNotNone(entry["tls"], entry)
        self.assertEqual(entry["tls"]["serverName"], NAME, entry)
        self.assertEqual(entry["tls"]["version"], "1.3")
        self.assertIn(f"://{NAME}:", entry["name"])
        self.assertGreaterEqual(entry.ns("tlsStart"), marks["played"])
        self.assertLessEqual(entry.ns("tlsEnd"), marks["tlsEnd"])
        self.assertEqual(entry["connectEnd"], entry["phases"]["tlsEnd"])
        self.assertEqual(entry["secureConnectionStart"], entry["phases"]["tlsStart"])

    def check_outcome(self, played, marks, entry):
        if "error" in played.expected:
            code, _, detail = played.expected["error"].partition(" ")
            self.assert_failed(entry, "proxy", code)
            self.assertEqual(entry.connection["error"]["detail"], detail)
        elif "kind" in played.expected and played.state == "open":  # never answered
            self.assert_failed(entry, "proxy", "closed", "aborted")
        else:
            self.assert_connected(entry)
            opened = "opened" in played.expected
            self.assertEqual(entry["connectEnd"] > entry["phases"]["tcpEstablished"], opened, entry)
            self.assertLessEqual(entry.ns("tcpEstablished"), marks["played"])

    def test_at_once(self):
        self.play_all()

    def test_byte_by_byte(self):
        self.play_all(1, WHOLE)


class NoUprobes(Preambles):
    options = "--no-uprobes",
    test_byte_by_byte = None

    def check_tls(self, marks, entry):
        super().check_tls(marks, entry)
        self.assertEqual((entry["tls"]["startSource"], entry["tls"]["endSource"]), ("wire", "wire"))


class BothEnds(Preambles):
    """The server's entry as well: TLS from the client's hello on."""

    options = "--role", "both"
    test_byte_by_byte = None

    def check(self, played, marks, entry):
        super().check(played, marks, entry)
        server = self.tracer.wait_entry(
            lambda e: e.connection["role"] == "server"
            and e.connection["remotePort"] == marks["localPort"]
        )
        self.assertEqual(server["tls"] is not None, played.ends_in_tls, server)
        self.assertEqual(server["proxy"], entry["proxy"])
        self.assertEqual(server.connection["outcome"] == "connected",
                         entry.connection["outcome"] == "connected", server)


if __name__ == "__main__":
    main()
