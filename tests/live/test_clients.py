# SPDX-License-Identifier: MIT
"""Real programs with nginx as their server: curl, openssl, python, node, wget, Go."""
import os
import subprocess
import sys

from lib import host, programs
from lib.case import LiveCase, main
from lib.certs import NAME

NODE_WINDOW_NS = 20_000_000
STARTS = {"connectStart": "connectStart", "tlsStart": "tlsStart"}
ENDS = {"tcpEstablished": "connected", "tlsEnd": "tlsEnd"}


class Clients(LiveCase):
    @classmethod
    def set_up(cls):
        cls.nginx = cls.fixtures.get(programs.Nginx, cls.folder, cls.certificate)
        cls.url = f"https://{NAME}:{cls.nginx.port}/"

    def run_client(self, *args, stdin=b"", **env):
        """Runs a program that must succeed; returns its pid."""
        process = subprocess.Popen(
            [str(arg) for arg in args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, **env},
        )
        output, _ = process.communicate(stdin, timeout=60)
        self.assertEqual(process.returncode, 0, output)
        self.output = output.decode(errors="replace")
        return process.pid

    def entries_of(self, pid, count=1):
        """Waits for `count` connected entries of one process."""
        return self.tracer.wait_entries(
            lambda e: e["process"]["pid"] == pid and e.connection["outcome"] == "connected", count
        )

    def check(self, entry, comm=None, sources=None, **tls):
        self.assert_connected(entry)
        if comm:
            self.assertEqual(entry["process"]["comm"], comm)
        if not self.tracer.sees_wire:
            return
        self.assertIsNotNone(entry["tls"], entry)
        self.assertEqual(entry["tls"]["serverName"], NAME)
        for name, value in tls.items():
            self.assertEqual(entry["tls"][name], value, entry["tls"])
        if sources:
            self.assert_sources(entry, *sources)

    # ---- curl ----

    def curl(self, *args):
        return self.run_client(
            host.tool("curl"), "-sS", "--cacert", self.certificate.cert, *args, self.url
        )

    def test_curl(self):
        (entry,) = self.entries_of(self.curl())
        self.check(entry, "curl", ("uprobe", "uprobe"), version="1.3")

    def test_curl_tls12_proves_https(self):
        (entry,) = self.entries_of(self.curl("--tls-max", "1.2"))
        self.check(entry, "curl", ("uprobe", "uprobe"), version="1.2", alpn="h2")
        self.assertEqual(entry["name"], self.url)
        self.assertEqual(entry["nextHopProtocol"], "h2")

    def test_curl_reuses_its_connection(self):
        self.assertEqual(len(self.entries_of(self.curl(self.url, self.url))), 1)

    def test_wget(self):
        """Debian's wget has GnuTLS. It is connected when gnutls_handshake says so: its Finished,
        behind a ChangeCipherSpec in a packet of its own, may wait 40 ms for an ACK (RFC 896)."""
        pid = self.run_client(
            host.tool("wget"), "-q", "-O", "-", f"--ca-certificate={self.certificate.cert}",
            self.url,
        )
        (entry,) = self.entries_of(pid)
        self.check(entry, "wget", ("uprobe", "uprobe"), version="1.3", boundBy="thread")

    # ---- openssl s_client: the handshake is inside SSL_write ----

    def s_client(self, *args):
        return self.run_client(
            host.tool("openssl"), "s_client", "-connect", f"127.0.0.1:{self.nginx.port}",
            "-servername", NAME, "-CAfile", self.certificate.cert, *args,
            stdin=b"GET / HTTP/1.0\r\n\r\n",
        )

    def test_s_client(self):
        for version, option in (("1.2", "-tls1_2"), ("1.3", "-tls1_3")):
            with self.subTest(version):
                (entry,) = self.entries_of(self.s_client(option))
                self.check(entry, "openssl", ("uprobe", "wire"), version=version)

    def test_s_client_async_survives(self):
        """SSL_MODE_ASYNC runs the handshake on a fibre's stack: a return probe there would kill."""
        for option in ("-tls1_2", "-tls1_3"):
            for _ in range(5):
                (entry,) = self.entries_of(self.s_client("-async", option))
                self.check(entry, "openssl")
                self.assertIn("CONNECTED", self.output)

    # ---- interpreters ----

    def test_python_blocking(self):
        pid = self.run_client(
            sys.executable, host.SCRIPTS / "client.py", "blocking", self.certificate.cert,
            "127.0.0.1", self.echo_server().port, NAME, 3,
        )
        marks = programs.json_lines(self.output)
        pairs = [(self.entry_of(own), own) for own in marks]
        self.assertEqual(len(self.entries_of(pid, 3)), 3)
        for entry, _ in pairs:
            self.check(entry, None, ("uprobe", "uprobe"), version="1.3")
        self.assert_marks(pairs, STARTS, ENDS)

    def echo_server(self):
        """The Python client exchanges a byte, which nginx would not understand."""
        return self.server(certificate=self.certificate)

    def test_python_asyncio(self):
        """Eight handshakes at once on memory BIOs of one thread."""
        self.run_client(
            sys.executable, host.SCRIPTS / "client.py", "asyncio", self.certificate.cert,
            "127.0.0.1", self.echo_server().port, NAME, 8,
        )
        marks = programs.json_lines(self.output)
        pairs = [(self.entry_of(own), own) for own in marks]
        self.assertEqual(len(pairs), 8)
        for entry, own in pairs:
            self.check(entry, version="1.3")
            self.assertLessEqual(own["connectStart"], entry.ns("connectStart"))
            self.assertLessEqual(entry.ns("tlsEnd"), own["tlsEnd"])
            if self.tracer.hooks["tls"] != "off":
                self.assertEqual(entry["tls"]["startSource"], "uprobe")
                self.assertEqual(entry["tls"]["boundBy"], "thread")

    def node(self, kind, count):
        return self.run_client(
            host.tool("node"), host.SCRIPTS / "fetch.mjs", kind, self.certificate.cert, self.url,
            count, NODE_EXTRA_CA_CERTS=self.certificate.cert,
        )

    def test_node_https(self):
        self.node("https", 8)
        marks = programs.json_lines(self.output)
        self.assertEqual(len(marks), 8)
        skews = []
        for own in marks:
            entry = self.entry_of(own)
            self.check(entry, version="1.3")
            self.assertLessEqual(own["connectStart"], entry.ns("connectStart"))
            self.assertLessEqual(entry.ns("tcpEstablished"), own["connected"])
            if self.tracer.sees_wire:
                skews.append(abs(own["tlsEnd"] - entry.ns("tlsEnd")))
        if skews:
            self.assertLess(sorted(skews)[len(skews) // 2], NODE_WINDOW_NS)

    def test_node_fetch(self):
        pid = self.node("fetch", 4)
        for entry in self.entries_of(pid, 1):
            self.check(entry, version="1.3")

    def test_go(self):
        """Go's own TLS, bound to no thread: the wire's marks against httptrace's."""
        self.run_client(host.program("httptrace"), self.certificate.cert, self.url, 5)
        marks = programs.json_lines(self.output)
        pairs = [(self.entry_of(own), own) for own in marks]
        for entry, own in pairs:
            self.check(entry, "httptrace", ("wire", "wire"), version="1.3")
            self.assertEqual(own["protocol"], "h2")
        self.assert_marks(pairs, STARTS, ENDS)


if __name__ == "__main__":
    main()
