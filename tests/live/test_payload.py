# SPDX-License-Identifier: MIT
"""What programs say to each other is in no output: neither in the files of any format, nor in a
tape, nor on the observers' socket, nor in what is said."""
import http.client
import os
import signal
import socket
import ssl

from lib import host, programs
from lib.case import main
from lib.certs import NAME
from lib.observers import Bare
from lib.process import Process
from test_files import FileCase

FORMATS = "ndjson", "csv", "har", "otlp.jsonl", "trace.json", "prom"
SECRET = "pAyLoAdPaYlOaD"
HEADERS = {"Cookie": f"id={SECRET}", "Authorization": f"Bearer {SECRET}", "X-Own": SECRET}
# What begins like a proxy's dialogue, or its PROXY header, and is none.
PIECES = (
    ("P", f"OST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n{SECRET}\r\n", SECRET),
    ("P", "A", f"SS 123\r\nPASSWORD {SECRET}\r\n"),
    ("PROXY TCP4 ", f"me\r\nPASSWORD {SECRET}\r\n"),
    ("PROXY \r\nPROXY ", f"me\r\nPASSWORD {SECRET}\r\n"),
    ("\r\n", f"\r\nPASSWORD {SECRET}\r\n"),
    ("C", f"OPY it\r\nPASSWORD {SECRET}\r\n"),
    ("CON", f"NECT ME\nPASSWORD {SECRET}\r\n"),
    (f"CONNECT {{\"password\": \"{SECRET}\"}}\r\nPING\r\n",),
    ("CONNECT a:1 HTTP/1.1\r\n", f"X-Own: {SECRET}\r\n\r\n{SECRET}"),
)
NAME_SERVER = "127.3.5.53", 53
NO_DNS = f"POST /?token={SECRET} HTTP/1.1\r\nAuthorization: {SECRET}\r\n\r\n{SECRET}"
SAY = f"send={SECRET}", "recv", "close"


class Payload(FileCase):
    def setUp(self):
        super().setUp()
        self.tls = self.server(certificate=self.certificate)
        self.http = programs.SlowHttp()
        self.addCleanup(self.http.stop)
        self.https = programs.SlowHttp(self.certificate.cert, self.certificate.key)
        self.addCleanup(self.https.stop)

    def post(self, connection):
        connection.request("POST", "/body?token=" + SECRET, body=SECRET * 20, headers=HEADERS)
        connection.getresponse().read()
        connection.close()

    def say(self, pieces, at=("127.0.0.1", 0)):
        """Each in a segment of its own, to nobody who answers."""
        with socket.create_server(at) as listener, \
                socket.create_connection(listener.getsockname()) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server, _ = listener.accept()
            with server:
                for piece in pieces:
                    client.sendall(piece.encode())
                    server.recv(65536)

    def talk(self):
        """Both ways: this server sends back what it was sent."""
        for pieces in PIECES:
            self.say(pieces)
        self.say((NO_DNS[:1], NO_DNS[1:40], NO_DNS[40:]), NAME_SERVER)
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.sendto(NO_DNS.encode(), NAME_SERVER)
        programs.marks(self.echo.at, "connect", *SAY)
        programs.marks("--sni", NAME, self.tls.at, "connect", "tls", *SAY)
        self.post(http.client.HTTPConnection("127.0.0.1", self.http.port))
        context = ssl._create_unverified_context()
        self.post(http.client.HTTPSConnection("127.0.0.1", self.https.port, context=context))

    def check(self, *options):
        paths = [self.here / f"all.{name}" for name in FORMATS]
        tape, at = self.here / "all.tape", self.here / "socket"
        process = Process([host.connspan(), "record", "-vv", "-p", os.getpid(), "--tape", tape,
                           "--role", "both", "--listen", at, "--rotate-size", "1G", *options,
                           *(word for path in paths for word in ("-o", path))])
        self.addCleanup(process.stop)
        process.wait_line("connspan: tracing", "stderr")
        observer = Bare(at)
        self.talk()
        observer.read_until(lambda known: len(known.entries) >= 4)
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0, process.lines)
        observer.read_all()
        for path in (*paths, tape):
            found = path.read_bytes()
            self.assertTrue(found, path)
            self.assertNotIn(SECRET.encode(), found, path)
        self.assertNotIn(SECRET, str(observer.lines))
        self.assertNotIn(SECRET, str(process.lines))
        self.assertIn(NAME.encode(), tape.read_bytes(), "no handshake on the tape")
        said = process.wait_line(str(tape), "stderr")
        self.assertIn("no payload, but addresses, names and handshake bytes", said)

    def test_of_connections(self):
        self.check()

    def test_of_requests(self):
        self.check("--requests")

    def test_of_requests_that_were_encrypted(self):
        self.check("--requests", "--plaintext", "--url", "full")


if __name__ == "__main__":
    main()
