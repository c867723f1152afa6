# SPDX-License-Identifier: MIT
"""TLS inside TLS: curl through a proxy that is itself reached by TLS. The entry is the target's."""
import contextlib
import os
import platform
import socket
import ssl
import subprocess
import threading

from lib import host, programs, proxies
from lib.case import LiveCase, main
from lib.certs import NAME, Certificate

TARGET = "connspan.test"  # the certificate's other name: never the proxy's
VERSIONS = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SLOWER_THAN_WE_WAIT_S = 3


class ThroughProxy(LiveCase):
    @classmethod
    def set_up(cls):
        cls.nginx = cls.fixtures.get(programs.Nginx, cls.folder, cls.certificate)
        cls.proxy = cls.fixtures.get(proxies.HttpsProxy, cls.certificate)

    def curl(self, *args, proxy=None, status=(0,), scheme="https", port=None, ca=None):
        """The one entry of a curl that must end so."""
        proxy = proxy or self.proxy
        curl = subprocess.Popen(
            [host.tool("curl"), "-sS", "--cacert", ca or self.certificate.cert, "--proxy-cacert",
             self.certificate.cert, "-o", "/dev/null", "-x", f"https://{NAME}:{proxy.port}", *args,
             f"{scheme}://{TARGET}:{port or self.nginx.port}/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        _, said = curl.communicate(timeout=60)
        self.assertIn(curl.returncode, status, said)
        entry = self.tracer.wait_entry(lambda e: e["process"]["pid"] == curl.pid)
        found = [e for e in self.tracer.entries() if e["process"]["pid"] == curl.pid]
        self.assertEqual(len(found), 1, found)
        self.assertEqual(entry.connection["remotePort"], proxy.port)
        return entry

    def check_target(self, entry):
        self.assertEqual(entry["proxy"], {"kind": "https", "target": None, "serverName": NAME})
        self.assertEqual(entry["tls"]["serverName"], TARGET)
        self.assertEqual(entry["name"], f"tls://{TARGET}")
        self.assertIsNone(entry["tls"]["version"], "it is encrypted")
        self.assertEqual(entry["tls"]["startSource"], "uprobe")
        self.assertEqual(entry["tls"]["boundBy"], "thread")

    def check_proxy(self, entry):
        """All that can be told is the handshake with the proxy."""
        self.assert_connected(entry)
        self.assertIsNone(entry["proxy"])
        self.assertEqual(entry["tls"]["serverName"], NAME)
        self.assertIsNotNone(entry["tls"]["version"])

class NoUprobes(ThroughProxy):
    """The wire alone has the handshake with the proxy."""

    options = "--no-uprobes",

    def test_the_proxy_is_the_entry(self):
        for outer in VERSIONS:
            proxy = proxies.HttpsProxy(self.certificate, outer)
            self.addCleanup(proxy.stop)
            with self.subTest(outer=outer.name):
                self.check_proxy(self.curl(proxy=proxy))


class HttpsProxy(ThroughProxy):
    def test_every_version_inside_every_version(self):
        for outer in VERSIONS:
            proxy = proxies.HttpsProxy(self.certificate, outer)
            self.addCleanup(proxy.stop)
            for inner in "1.2", "1.3":
                with self.subTest(outer=outer.name, inner=inner):
                    most = ("--tlsv1.3",) if inner == "1.3" else ("--tls-max", "1.2")
                    entry = self.curl(*most, proxy=proxy)
                    self.check_target(entry)
                    self.assert_connected(entry)
                    self.assertEqual(entry["connectEnd"], entry["phases"]["tlsEnd"])
                    self.assertEqual(entry["tls"]["endSource"], "uprobe")

    def test_the_tunnel_is_part_of_it(self):
        """The proxy takes its time to consent: between TCP and the handshake with the target."""
        delay_s = 0.3
        proxy = proxies.HttpsProxy(self.certificate, delay_s=delay_s)
        self.addCleanup(proxy.stop)
        entry = self.curl(proxy=proxy)
        self.check_target(entry)
        waited_ms = entry["secureConnectionStart"] - entry["phases"]["tcpEstablished"]
        self.assertGreater(waited_ms, delay_s * 1000)
        self.assertLess(entry["secureConnectionStart"], entry["connectEnd"])

    def test_a_certificate_that_is_not_believed(self):
        other = Certificate(self.folder, "other")
        entry = self.curl(ca=other.cert, status=(35, 60))
        self.check_target(entry)
        error = entry.connection["error"]
        self.assertEqual(error["phase"], "tls", entry)
        # Who is the first to hang up; the proxy resets when close_notify came and nobody reads it.
        self.assertIn(error["code"], ("closed", "eof", "reset"), entry)
        if platform.machine() == "x86_64":
            self.assertEqual(error["detail"], "library: certificate verify failed")

    def test_a_target_that_hangs_up(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def hang_up():
            with listener.accept()[0] as target:
                target.recv(1)

        threading.Thread(target=hang_up, daemon=True).start()
        entry = self.curl(port=listener.getsockname()[1], status=(35,))
        self.check_target(entry)
        self.assertEqual(entry.connection["error"]["phase"], "tls", entry)

    def test_a_refusal_is_encrypted(self):
        proxy = proxies.HttpsProxy(self.certificate, status=502)
        self.addCleanup(proxy.stop)
        self.check_proxy(self.curl(proxy=proxy, status=(56,)))

    def test_plain_http_inside(self):
        self.check_proxy(self.curl("-p", scheme="http"))

    def test_a_consent_that_comes_too_late(self):
        proxy = proxies.HttpsProxy(self.certificate, delay_s=SLOWER_THAN_WE_WAIT_S)
        self.addCleanup(proxy.stop)
        self.check_proxy(self.curl(proxy=proxy))

    def test_another_handshake_in_the_same_thread_is_another_connections(self):
        """One that has just been secured says something after the first step of the next one's
        handshake, whose hello (from memory) has yet to leave."""
        context = ssl.create_default_context(cafile=self.certificate.cert)
        context.set_alpn_protocols(["http/1.1"])
        where = "127.0.0.1", self.nginx.port
        with context.wrap_socket(socket.create_connection(where), server_hostname=NAME) as first:
            heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(heard, said, server_hostname=TARGET)
            with socket.create_connection(where) as second:
                while not tls.version():
                    with contextlib.suppress(ssl.SSLWantReadError):
                        tls.do_handshake()
                    first.sendall(b"X-Header: 1\r\n")
                    second.sendall(said.read())
                    heard.write(tls.version() and b"" or second.recv(65536))
                ports = first.getsockname()[1], second.getsockname()[1]
        for port, name in zip(ports, (NAME, TARGET)):
            entry = self.tracer.wait_entry(lambda e, port=port: e.key == (os.getpid(), port))
            self.assert_connected(entry)
            self.assertIsNone(entry["proxy"])
            self.assertEqual(entry["tls"]["serverName"], name)
            self.assertEqual(entry["tls"]["version"], "1.3")


if __name__ == "__main__":
    main()
