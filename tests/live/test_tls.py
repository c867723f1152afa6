# SPDX-License-Identifier: MIT
"""TLS by OpenSSL in every way a C program can drive it, against the client's own clock."""
from lib import host, programs
from lib.case import LiveCase, main
from lib.certs import NAME, Certificate

TLS13 = "TLS_AES_256_GCM_SHA384"
TLS12 = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
EXCHANGE = "send=x", "recv", "close"


class Tls(LiveCase):
    @classmethod
    def set_up(cls):
        cls.plain_server = cls.server(certificate=cls.certificate)

    def connections(self, *args, server=None, steps=("connect", "tls"), count=5):
        """[(entry, what the client measured)], all of them good."""
        server = server or self.plain_server
        marks = programs.marks(
            "--connections", count, "--sni", NAME, "--ca", self.certificate.cert, *args,
            server.at, *steps, *EXCHANGE,
        )
        self.assertEqual(len(marks), count)
        pairs = [(self.entry_of(own, late=False), own) for own in marks]
        for entry, own in pairs:
            self.assertFalse(own["tlsFailed"])
            self.assert_connected(entry)
            self.check_told(entry)
        return pairs

    def check_told(self, entry):
        if not self.tracer.sees_wire:
            return
        self.assertIsNotNone(entry["tls"], entry)
        self.assertEqual(entry["tls"]["serverName"], NAME)
        self.assertEqual(entry["secureConnectionStart"], entry["phases"]["tlsStart"])
        self.assertEqual(entry["connectEnd"], entry["phases"]["tlsEnd"])

    def check_marks(self, pairs, end="tlsEnd"):
        self.assert_marks(
            pairs,
            starts={"connectStart": "connectStart", "tlsStart": "tlsStart"},
            ends={"tcpEstablished": "connected", "tlsEnd": end},
        )

    def told(self, pairs):
        """The entries that must tell of TLS."""
        return [entry for entry, _ in pairs if self.tracer.sees_wire]

    def check_source(self, pairs, bound="thread"):
        for entry in self.told(pairs):
            self.assert_sources(entry, bound=bound)

    def check_facts(self, pairs, **facts):
        for entry in self.told(pairs):
            for name, value in facts.items():
                self.assertEqual(entry["tls"][name], value, entry["tls"])

    def test_13_blocking(self):
        pairs = self.connections("--tls", "1.3")
        self.check_marks(pairs)
        self.check_source(pairs)
        self.check_facts(pairs, version="1.3", cipher=TLS13, resumed=False, earlyData=False)
        for entry in self.told(pairs):
            self.check_library(entry["tls"]["library"])
            self.assertEqual(entry["name"], f"tls://{NAME}:{self.plain_server.port}")

    def check_library(self, library):
        if self.tracer.hooks["tls"] == "off":
            self.assertIsNone(library)
        elif host.kernel() >= (5, 15):
            self.assertIn("libssl", library)
        else:
            self.assertIsNone(library, "a probe without a cookie cannot tell")

    def test_12_blocking(self):
        pairs = self.connections("--tls", "1.2")
        self.check_marks(pairs)
        self.check_source(pairs)
        self.check_facts(pairs, version="1.2", cipher=TLS12, resumed=False)

    def test_nonblocking(self):
        """The server takes its time, so SSL_connect is called again for sure."""
        server = self.server("--delay-hello", 20, certificate=self.certificate)
        steps = "nonblocking", "connect", "tls"
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                pairs = self.connections("--tls", version, server=server, steps=steps)
                self.check_marks(pairs)
                self.check_source(pairs)
                self.check_calls(pairs)

    def check_calls(self, pairs):
        for entry in self.told(pairs):
            if entry["tls"]["endSource"] == "uprobe":
                self.assertGreater(entry["tls"]["calls"], 1)

    def test_memory_bio(self):
        """The client reads tlsEnd before it hands the last flight to the kernel."""
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                steps = "nonblocking", "connect", "tls-memory"
                pairs = self.connections("--tls", version, steps=steps)
                self.check_source(pairs)
                self.check_marks(pairs, end="tlsFlushed")

    def test_resumed(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                pairs = self.connections("--tls", version, "--resume")
                self.check_marks(pairs)
                self.assertTrue(any(own["resumed"] for _, own in pairs))
                for entry, own in pairs:
                    self.assertEqual(entry["tls"]["resumed"], own["resumed"], entry["tls"])

    def test_early_data(self):
        """OpenSSL's handshake call returns 1 before the ClientHello has left."""
        server = self.server("--early-data", 1000, certificate=self.certificate)
        for steps in (("connect", "tls"), ("nonblocking", "connect", "tls-memory")):
            pairs = self.connections(
                "--tls", "1.3", "--resume", "--early-data", server=server, steps=steps
            )
            self.check_marks(pairs, end="tlsFlushed")
            self.check_facts(pairs[1:], resumed=True, earlyData=True)
            self.check_facts(pairs[:1], resumed=False, earlyData=False)

    def test_hello_retry_request(self):
        """RFC 8446 section 4.1.4: two ClientHellos, the first is the start."""
        server = self.server("--groups", "P-384", certificate=self.certificate)
        pairs = self.connections("--tls", "1.3", "--groups", "X25519:P-384", server=server)
        self.check_marks(pairs)
        self.check_facts(pairs, version="1.3", resumed=False, helloRetry=True)

    def test_client_certificate(self):
        server = self.server("--client-ca", self.certificate.cert, certificate=self.certificate)
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                pairs = self.connections(
                    "--tls", version, "--cert", self.certificate.both, server=server
                )
                self.check_marks(pairs)

    def test_ssl_object_used_again(self):
        """SSL_clear, and SSL_free + SSL_new which mostly gives the same address."""
        for reuse in (("--clear-ssl",), ()):
            pairs = self.connections("--tls", "1.3", *reuse, count=20)
            self.check_marks(pairs)
            self.check_source(pairs)

    def test_threads(self):
        marks = programs.marks(
            "--connections", 5, "--threads", 8, "--ca", self.certificate.cert, "--sni", NAME,
            self.plain_server.at, "nonblocking", "connect", "tls-memory", *EXCHANGE,
        )
        self.assertEqual(len(marks), 40)
        pairs = [(self.entry_of(own), own) for own in marks]
        self.check_marks(pairs, end="tlsFlushed")
        self.check_source(pairs)

    def test_slow_server(self):
        """The wait for the ServerHello lies between secureConnectionStart and connectEnd."""
        delay_ms = 200
        server = self.server("--delay-hello", delay_ms, certificate=self.certificate)
        pairs = self.connections("--tls", "1.3", server=server, count=2)
        self.check_marks(pairs)
        for entry, _ in pairs:
            spent = entry["connectEnd"] - entry["secureConnectionStart"]
            self.assertGreater(spent, delay_ms - 20)

    def test_alpn(self):
        """What was offered is not what is spoken; the choice is in clear up to TLS 1.2."""
        server = self.server("--alpn", "http/1.1", certificate=self.certificate)
        offers = "h2", "http/1.1"
        for version, chosen in (("1.2", "http/1.1"), ("1.3", None)):
            pairs = self.connections(
                "--tls", version, "--alpn", ",".join(offers), server=server, count=1
            )
            self.check_facts(pairs, alpn=chosen, alpnOffered=list(offers))
            self.assertEqual(pairs[0][0]["nextHopProtocol"], chosen or "")
            self.assertEqual(pairs[0][0]["name"], f"https://{NAME}:{server.port}/")

    def test_held_back_hello_is_bound_by_descriptor(self):
        """A cork keeps the ClientHello until a timer sends it: no thread is its sender then."""
        pairs = self.connections("--tls", "1.3", steps=("connect", "cork", "tls"), count=2)
        self.check_source(pairs, bound="fd")
        if self.tracer.hooks["tls"] != "off":  # the wire is as late as the timer
            self.check_marks(pairs)
            for entry, _ in pairs:
                self.assertIn("marks", entry.connection["flags"])

    def test_tls_after_a_pause(self):
        """Within the second before a silent connection counts as complete: one entry."""
        pairs = self.connections("--tls", "1.3", steps=("connect", "delay=300", "tls"), count=2)
        self.check_marks(pairs)

    def test_tls_after_a_long_silence_is_late(self):
        server = self.server(certificate=self.certificate)
        (own,) = programs.marks(
            "--sni", NAME, server.at, "connect", "delay=3500", "tls", *EXCHANGE
        )
        first = self.entry_of(own, late=False)
        late = self.entry_of(own, late=True)
        self.assertIsNone(first["tls"])
        self.assertEqual(first.connection["id"], late.connection["id"])
        self.assertEqual(late["startTime"], late["phases"]["tlsStart"])
        self.assertEqual(late["tls"]["serverName"], NAME)
        self.assert_starts("tlsStart", [(late.ns("tlsStart"), own["tlsStart"])])
        self.assert_ends("tlsEnd", [(late.ns("tlsEnd"), own["tlsEnd"])])


class WireOnly(Tls):
    """The same without a look into any library."""

    options = ("--no-uprobes",)

    def test_13_blocking(self):
        super().test_13_blocking()
        self.assertEqual(self.tracer.hooks["tls"], "off")


class EntryOnly(LiveCase):
    """--no-uretprobes: the start by the library, the end by the wire."""

    options = ("--no-uretprobes",)

    def test_sources(self):
        server = self.server(certificate=self.certificate)
        (own,) = programs.marks(server.at, "connect", "tls", *EXCHANGE)
        tls = self.entry_of(own)["tls"]
        if self.tracer.hooks["tls"] == "off":
            self.skipTest("no uprobes on this host")
        self.assertEqual((tls["startSource"], tls["endSource"]), ("uprobe", "wire"))


class NoWire(LiveCase):
    """--no-wire: SSL_set_fd ties the handshake to its socket, and the library tells both marks."""

    options = ("--no-wire",)

    @classmethod
    def set_up(cls):
        cls.plain_server = cls.server(certificate=cls.certificate)

    def connect(self, *steps, args=(), server=None):
        server = server or self.plain_server
        (own,) = programs.marks("--sni", NAME, *args, server.at, *steps)
        entry = self.entry_of(own)
        self.assertEqual(self.tracer.hooks["wire"], "off")
        return entry, own

    def need_uprobes(self):
        if self.tracer.hooks["tls"] == "off":
            self.skipTest("no uprobes without the wire on this host")

    def test_marks_of_the_library(self):
        self.need_uprobes()
        server = self.server("--delay-hello", 20, certificate=self.certificate)
        for steps in (("connect", "tls"), ("nonblocking", "connect", "tls")):
            pairs = [self.connect(*steps, *EXCHANGE, server=server) for _ in range(7)]
            self.assert_marks(
                pairs,
                starts={"connectStart": "connectStart", "tlsStart": "tlsStart"},
                ends={"tcpEstablished": "connected", "tlsEnd": "tlsEnd"},
            )
            for entry, _ in pairs:
                self.assert_connected(entry)
                self.check_facts(entry["tls"])

    def check_facts(self, tls):
        found = tls["startSource"], tls["endSource"], tls["boundBy"]
        self.assertEqual(found, ("uprobe", "uprobe", "fd"), tls)
        for unknown in ("version", "cipher", "alpn", "resumed", "earlyData", "helloRetry"):
            self.assertIsNone(tls[unknown], tls)
        if host.kernel() >= (5, 15):
            self.assertEqual(tls["serverName"], NAME)

    def test_plain_and_memory_bio_stay_plain(self):
        for steps in ((), ("nonblocking", "tls-memory")):
            entry, _ = self.connect("connect", *steps, *EXCHANGE, server=self.any_server(steps))
            self.assert_connected(entry)
            self.assertIsNone(entry["tls"])
            self.assertEqual(entry["secureConnectionStart"], 0)

    def any_server(self, steps):
        return self.plain_server if steps else self.server()

    def test_refused_certificate(self):
        self.need_uprobes()
        other = Certificate(self.folder, "other")
        entry, own = self.connect("connect", "tls", args=("--ca", other.cert))
        self.assertTrue(own["tlsFailed"])
        error = entry.connection["error"]
        self.assertEqual(error["phase"], "tls", entry)
        self.assertIn(error["code"], ("closed", "eof"), "whoever closes first")
        self.assertIsNone(entry["phases"]["tlsEnd"])

    def test_early_data_has_no_end_that_is_known(self):
        """OpenSSL says that it is done before anything was sent: that is not believed."""
        self.need_uprobes()
        server = self.server("--early-data", 1000, certificate=self.certificate)
        args = "--tls", "1.3", "--resume", "--early-data", "--connections", 2
        marks = programs.marks(*args, server.at, "connect", "tls", *EXCHANGE)
        entries = [self.entry_of(own) for own in marks]
        self.assertTrue(marks[1]["resumed"])
        for entry in entries:
            self.assert_connected(entry)
        self.assertIsNotNone(entries[0]["connectEnd"])
        self.assertIsNone(entries[1]["connectEnd"])
        self.assertIn("limit", entries[1].connection["flags"])


if __name__ == "__main__":
    main()
