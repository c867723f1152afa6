# SPDX-License-Identifier: MIT
"""Recorded exchanges of what comes before TLS, played over real sockets, each end in its own process.

The files are tests/live/exchanges/* (protocols that only the kernel half knows) and those of
tests/unit/preamble (dialogues with a proxy): "> " what the client sent in one packet, "< " the
server, "= " what must be known in the end. Where the client's next packet is a ClientHello, a real
handshake takes its place, unless the connection is plain by then.
"""
import socket
import ssl
import threading
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
FOLDERS = TESTS / "live" / "exchanges", TESTS / "unit" / "preamble" / "exchanges"
HELLO = b"\x16\x03\x01"
PATIENCE_S = 30


class Exchange:
    def __init__(self, path):
        lines = Path(path).read_text(encoding="ascii").splitlines()
        self.path, self.name = path, Path(path).name
        self.expected = dict(line[2:].split(" ", 1) for line in lines if line.startswith("="))
        self.messages = [(line[0] == ">", unescape(line[2:])) for line in lines if line[0] in "<>"]
        self.ends_in_tls = self.joined = False
        if self.state in ("open", "tunnel"):
            self._cut_off_hello()

    def _cut_off_hello(self):
        for at, (from_client, data) in enumerate(self.messages):
            where = data.find(HELLO)
            self.joined = where > 0 and data.startswith(b"PROXY ")  # it is no dialogue: nobody waits
            if from_client and (where == 0 or self.joined):
                self.ends_in_tls = True
                self.messages[at:] = [(True, data[:where])] if self.joined else []
                return

    @property
    def state(self):
        return self.expected["state"]

    @property
    def proxy(self):
        """What the entry must say."""
        if "kind" not in self.expected:
            return None
        host, _, port = self.expected.get("target", "").rpartition(" ")
        host = f"[{host}]" if ":" in host else host
        target = f"{host}:{port}" if port else None
        return {"kind": self.expected["kind"], "target": target, "serverName": None}


def unescape(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def all_exchanges():
    return [Exchange(path) for folder in FOLDERS for path in sorted(folder.iterdir())]


def say(plain, data, piece):
    """In pieces of so many bytes; 0: at once."""
    for at in range(0, len(data), piece or len(data)):
        plain.sendall(data[at:at + (piece or len(data))])


def hear(plain, data):
    """Waits for exactly these bytes."""
    heard = b""
    while len(heard) < len(data):
        part = plain.recv(len(data) - len(heard))
        if not part:
            break
        heard += part
    if heard != data:
        raise AssertionError(f"heard {heard!r}, not {data!r}")


def play(plain, messages, is_client, piece):
    """One end's part of it."""
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.settimeout(PATIENCE_S)
    for from_client, data in messages:
        if from_client == is_client:
            say(plain, data, piece)
        else:
            hear(plain, data)


class ExchangeServer:
    """The server's end, one connection after another, in a thread of the test process."""

    def __init__(self, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.cert, certificate.key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def start(self, exchanges, piece=0):
        """Serves the next connections; join() of what is returned raises what went wrong."""
        served = Served(target=self._serve_all, args=(exchanges, piece), daemon=True)
        served.start()
        return served

    def _serve_all(self, exchanges, piece):
        for exchange in exchanges:
            plain, _ = self.listener.accept()
            with plain:
                self._serve(plain, exchange, piece)

    def _serve(self, plain, exchange, piece):
        play(plain, exchange.messages, False, piece)
        if exchange.ends_in_tls:
            plain = self.context.wrap_socket(plain, server_side=True)
            plain.send(plain.recv(1))
        plain.recv(1)  # until the client closes
        plain.close()

    def close(self):
        self.listener.close()


class Served(threading.Thread):
    fault = None

    def run(self):
        try:
            super().run()
        except (OSError, AssertionError) as fault:
            self.fault = fault

    def join(self, timeout=PATIENCE_S):
        super().join(timeout)
        if self.fault:
            raise AssertionError(f"the server: {self.fault}") from self.fault
