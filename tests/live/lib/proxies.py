# SPDX-License-Identifier: MIT
"""Debian's proxies, each in the foreground with a configuration of its own; never the system's."""
import select
import socket
import ssl
import threading
import time
from pathlib import Path

from . import host
from .process import PATIENCE_S, Process
from .programs import free_port

USER, PASSWORD = "user", "secret"

TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 10
{more}
"""


def wait_port(port, process):
    """Until somebody listens there, for servers that do not say when they do. The attempts are
    entries of ours, like any."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.popen.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"{process.args} does not listen: {process.lines}")


class Proxy:
    """Listens on `port` when the constructor returns."""

    def __init__(self, *args):
        self.port = free_port()
        self.process = Process([str(arg).replace("PORT", str(self.port)) for arg in args])
        wait_port(self.port, self.process)

    def stop(self):
        self.process.stop()


def microsocks(*options):
    return Proxy(host.tool("microsocks"), "-i", "127.0.0.1", "-p", "PORT", *options)


class Tinyproxy(Proxy):
    def __init__(self, folder, more=""):
        self.port = free_port()
        config = Path(folder) / f"tinyproxy-{self.port}.conf"
        config.write_text(TINYPROXY.format(port=self.port, more=more), encoding="ascii")
        self.process = Process([host.tool("tinyproxy"), "-d", "-c", config])
        wait_port(self.port, self.process)


class HttpsProxy:
    """A proxy that is itself reached by TLS, in threads of the test process: CONNECT alone, to
    127.0.0.1 whatever the name. It consents `delay_s` late, or refuses by `status`."""

    def __init__(self, certificate, version=None, status=200, delay_s=0):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.cert, certificate.key)
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        self.status, self.delay_s = status, delay_s
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve_all, daemon=True)
        self.thread.start()

    def _serve_all(self):
        while True:
            plain, _ = self.listener.accept()
            if self.ended.is_set():
                plain.close()
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as client:
                self._tunnel(client)
        except OSError:
            pass  # the client went away: that is what some tests are about

    def _tunnel(self, client):
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            part = client.recv(4096)
            if not part:
                return
            asked += part
        self.ended.wait(self.delay_s)
        if self.status != 200:
            client.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self.status)
            return
        port = int(asked.split()[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as target:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            carry(client, target)

    def stop(self):
        self.ended.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thread.join()
        self.listener.close()


def carry(client, target, delay_s=0):
    """Between two sockets, the first of which may be TLS, until one of them ends."""
    while True:
        is_held = isinstance(client, ssl.SSLSocket) and client.pending()
        ready = [client] if is_held else select.select([client, target], [], [])[0]
        for end in ready:
            data = end.recv(65536)
            if not data:
                return
            if end is target:
                time.sleep(delay_s)
            (target if end is client else client).sendall(data)


class Delay:
    """One connection to the port behind it; whatever comes from there comes `delay_s` late."""

    def __init__(self, port, delay_s):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.behind, self.delay_s = port, delay_s
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        client = self.listener.accept()[0]
        with client, socket.create_connection(("127.0.0.1", self.behind)) as target:
            carry(client, target, self.delay_s)

    def stop(self):
        self.thread.join()
        self.listener.close()
