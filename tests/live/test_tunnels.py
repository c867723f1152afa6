# SPDX-License-Identifier: MIT
"""Real clients through real proxies: curl, microsocks, tinyproxy. And what must not become TLS."""
import contextlib
import os
import socket
import subprocess
import time

from lib import host, programs, proxies
from lib.case import LiveCase, main
from lib.certs import NAME
from lib.proxies import PASSWORD, USER

# A record header and the type of a ClientHello: what begins a handshake, and what must not.
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 40
GIVE_UP_NS = 30_000_000_000  # knobs.preamble_ns


class Tunnels(LiveCase):
    @classmethod
    def set_up(cls):
        get = cls.fixtures.get
        cls.nginx = get(programs.Nginx, cls.folder, cls.certificate)
        cls.socks = get(proxies.microsocks)
        cls.locked_socks = get(proxies.microsocks, "-u", USER, "-P", PASSWORD)
        cls.http = get(proxies.Tinyproxy, cls.folder)
        cls.locked_http = get(proxies.Tinyproxy, cls.folder, f"BasicAuth {USER} {PASSWORD}")

    def curl(self, *args, host_name=NAME, port=None, status=0, scheme="https"):
        """The one entry of a curl that must end so."""
        url = f"{scheme}://{host_name}:{port or self.nginx.port}/"
        curl = subprocess.Popen(
            [host.tool("curl"), "-sS", "--cacert", self.certificate.cert, "-o", "/dev/null",
             *args, url], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        _, said = curl.communicate(timeout=60)
        self.assertEqual(curl.returncode, status, said)
        entry = self.tracer.wait_entry(lambda e: e["process"]["pid"] == curl.pid)
        found = [e for e in self.tracer.entries() if e["process"]["pid"] == curl.pid]
        self.assertEqual(len(found), 1, found)
        return entry

    def check(self, entry, proxy, kind, target_host=NAME, server_name=NAME):
        target = f"{target_host}:{self.nginx.port}"
        self.assert_connected(entry)
        self.assertEqual(entry["proxy"], {"kind": kind, "target": target, "serverName": None})
        self.assertEqual(entry.connection["remotePort"], proxy.port)
        self.assertIsNotNone(entry["tls"], entry)
        self.assertEqual(entry["tls"]["serverName"], server_name)
        self.assertEqual(entry["name"], f"https://{target}/")
        self.assertEqual(entry["connectEnd"], entry["phases"]["tlsEnd"])
        self.assertGreater(entry["secureConnectionStart"], entry["phases"]["tcpEstablished"])
        self.assert_sources(entry)

    # ---- SOCKS ----

    def test_socks5_name(self):
        at = f"127.0.0.1:{self.socks.port}"
        self.check(self.curl("--socks5-hostname", at), self.socks, "socks5")

    def test_socks5_ipv4(self):
        at = f"127.0.0.1:{self.socks.port}"
        entry = self.curl("--socks5", at, "-4", host_name="127.0.0.1")
        self.check(entry, self.socks, "socks5", "127.0.0.1", None)

    def test_socks5_ipv6(self):
        at = f"127.0.0.1:{self.socks.port}"
        entry = self.curl("--socks5", at, host_name="[::1]")
        self.check(entry, self.socks, "socks5", "[::1]", None)

    def test_socks5_password(self):
        at = f"127.0.0.1:{self.locked_socks.port}"
        entry = self.curl("--socks5-hostname", at, "-U", f"{USER}:{PASSWORD}")
        self.check(entry, self.locked_socks, "socks5")

    def test_socks5_wrong_password(self):
        at = f"127.0.0.1:{self.locked_socks.port}"
        entry = self.curl("--socks5-hostname", at, "-U", f"{USER}:wrong", status=97)
        self.assert_failed(entry, "proxy", "unknown")
        self.assertEqual(entry["proxy"], {"kind": "socks5", "target": None, "serverName": None})

    def test_socks5_refused_by_the_target(self):
        at = f"127.0.0.1:{self.socks.port}"
        entry = self.curl("--socks5-hostname", at, port=programs.free_port(), status=97)
        self.assert_failed(entry, "proxy", "ECONNREFUSED")

    def test_socks5_plain(self):
        at = f"127.0.0.1:{self.socks.port}"
        entry = self.curl("--socks5-hostname", at, scheme="http")
        self.check_plain(entry, "socks5")

    # ---- CONNECT ----

    def test_connect(self):
        entry = self.curl("-x", f"http://127.0.0.1:{self.http.port}")
        self.check(entry, self.http, "connect")

    def test_connect_password(self):
        entry = self.curl("-x", f"http://{USER}:{PASSWORD}@127.0.0.1:{self.locked_http.port}")
        self.check(entry, self.locked_http, "connect")

    def test_connect_without_password(self):
        entry = self.curl("-x", f"http://127.0.0.1:{self.locked_http.port}", status=56)
        self.assert_failed(entry, "proxy", "407")

    def test_connect_refused_by_the_target(self):
        entry = self.curl("-x", f"http://127.0.0.1:{self.http.port}", port=programs.free_port(),
                          status=56)
        self.assertEqual(entry.connection["error"]["phase"], "proxy", entry)
        self.assertRegex(entry.connection["error"]["code"], "^5")

    def test_connect_plain(self):
        entry = self.curl("-p", "-x", f"http://127.0.0.1:{self.http.port}", scheme="http")
        self.check_plain(entry, "connect")

    def check_plain(self, entry, kind):
        """Connected when the proxy consented; nginx answers plain HTTP on its port by a 400."""
        self.assert_connected(entry)
        self.assertIsNone(entry["tls"], entry)
        self.assertEqual(entry["proxy"]["kind"], kind)
        self.assertEqual(entry["name"], f"tcp://{NAME}:{self.nginx.port}")
        self.assertGreater(entry["connectEnd"], entry["phases"]["tcpEstablished"])

    def test_tls_to_a_proxy_that_is_none(self):
        """test_https_proxy.py is about those that are; here nginx says 400."""
        entry = self.curl("-x", f"https://{NAME}:{self.nginx.port}", "--proxy-cacert",
                          self.certificate.cert, "--resolve", f"{NAME}:{self.nginx.port}:127.0.0.1",
                          port=programs.free_port(), status=56)
        self.assert_connected(entry)
        self.assertEqual(entry.connection["remotePort"], self.nginx.port)
        self.assertEqual(entry["tls"]["serverName"], NAME)
        self.assertIsNone(entry["proxy"])

    def test_two_proxies(self):
        """curl speaks SOCKS to the first and CONNECT to the second."""
        entry = self.curl("--preproxy", f"socks5h://127.0.0.1:{self.socks.port}",
                          "-x", f"http://127.0.0.1:{self.http.port}")
        self.check(entry, self.socks, "connect")


class NoUprobes(Tunnels):
    options = "--no-uprobes",


class NotTls(LiveCase):
    """Bytes of a ClientHello where none can be, and sessions that never upgrade."""

    @classmethod
    def set_up(cls):
        cls.listener = socket.create_server(("127.0.0.1", 0))
        cls.addClassCleanup(cls.listener.close)

    def talk(self, *lines):
        """Lines of (who, bytes), each a segment: the plain entry, once both ends are closed."""
        with socket.create_connection(self.listener.getsockname()) as client:
            server, _ = self.listener.accept()
            port = client.getsockname()[1]
            with server:
                for end in client, server:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for by_client, data in lines:
                    (client if by_client else server).sendall(data)
                    (server if by_client else client).recv(65536)
        entry = self.tracer.wait_entry(lambda e: e.key == (os.getpid(), port))
        self.assert_connected(entry)
        self.assertIsNone(entry["tls"], entry)
        return entry

    def test_hello_in_a_body(self):
        self.talk((True, b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n" + HELLO))

    def test_hello_at_the_start_of_a_segment_of_a_body(self):
        self.talk((True, b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n"), (True, HELLO))

    def test_hello_after_an_interim_response(self):
        self.talk((True, b"POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"),
                  (False, b"HTTP/1.1 100 Continue\r\n\r\n"), (True, HELLO))

    def test_hello_in_mail(self):
        self.talk((False, b"220 mail.test\r\n"), (True, b"EHLO me\r\n"), (False, b"250 ok\r\n"),
                  (True, b"DATA\r\n"), (False, b"354 go\r\n"), (True, b"Subject: x\r\n\r\n"),
                  (True, HELLO), (True, b"\r\n.\r\n"), (False, b"250 ok\r\n"))

    def test_hello_from_the_server(self):
        self.talk((False, HELLO), (True, b"x\r\n"))

    def test_ssh_is_plain_at_once(self):
        with socket.create_connection(self.listener.getsockname()) as client:
            server, _ = self.listener.accept()
            with server:
                server.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
                client.recv(100)
                client.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
                port = client.getsockname()[1]
                entry = self.tracer.wait_entry(lambda e: e.key == (os.getpid(), port))
        self.assertIsNone(entry["tls"], entry)


class GiveUp(LiveCase):
    """TLS is awaited for 30 seconds: what comes to nothing is told by then, while the
    connections are still open."""

    def test_nobody_upgrades_and_nobody_answers(self):
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            ends = []
            for _ in range(2):
                client = stack.enter_context(socket.create_connection(listener.getsockname()))
                ends.append((client, stack.enter_context(listener.accept()[0])))
            (banner, mail), (asking, _) = ends
            mail.sendall(b"220 mail.test\r\n")
            banner.recv(100)
            asking.sendall(b"CONNECT target.test:443 HTTP/1.1\r\n\r\n")
            asked_ns = time.monotonic_ns()
            ports = [client.getsockname()[1] for client, _ in ends]
            time.sleep(30)  # less would have to be wrong, more is waited for
            plain, proxied = (
                self.tracer.wait_entry(lambda e, port=port: e.key == (os.getpid(), port))
                for port in ports
            )
        self.assert_connected(plain)
        self.assertIsNone(plain["tls"])
        self.assertEqual(plain["connectEnd"], plain["phases"]["tcpEstablished"])
        self.assertEqual(proxied["proxy"]["target"], "target.test:443")
        self.assertEqual(proxied.connection["error"]["phase"], "proxy", proxied)
        self.assertGreater(proxied.ns("failed") - asked_ns, GIVE_UP_NS)


if __name__ == "__main__":
    main()
