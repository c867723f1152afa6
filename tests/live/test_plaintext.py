# SPDX-License-Identifier: MIT
"""--plaintext: requests inside TLS as the program itself says and hears them, off OpenSSL."""
import http.client
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

from lib import host, programs, proxies
from lib.case import LiveCase, main
from lib.process import Process

WAIT_MS = 250
SIZES = {"small": 12, "large": 100_000, "huge": 3_000_000}
UPLOADS = 100, 16384, 16385, 40000, 300000  # a record holds 16384
PIECE_MS = WAIT_MS - 5  # a timer may fire a tick early against another clock
NODE = """
const agent = new (require("https").Agent)({keepAlive: true, rejectUnauthorized: false});
const get = path => new Promise(done => require("https").get(
    {host: "127.0.0.1", port: +process.argv[1], path, agent}, r => r.resume().on("end", done)));
get("/first").then(() => get("/second")).then(() => agent.destroy());
"""
# What one write left of a body goes on, for the next, in a copy, or where it lies.
PARTIAL = """
import ctypes, ctypes.util, socket, sys
ssl = ctypes.CDLL(ctypes.util.find_library("ssl"))
for make in ssl.TLS_client_method, ssl.SSL_CTX_new, ssl.SSL_new:
    make.restype = ctypes.c_void_p
plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
tls = ctypes.c_void_p(ssl.SSL_new(ctypes.c_void_p(ssl.SSL_CTX_new(
    ctypes.c_void_p(ssl.TLS_client_method())))))
ssl.SSL_ctrl(tls, 33, ctypes.c_long(3), None)  # ENABLE_PARTIAL_WRITE, ACCEPT_MOVING_WRITE_BUFFER
ssl.SSL_set_fd(tls, plain.fileno())
assert ssl.SSL_connect(tls) == 1
body = eval(sys.argv[2])
data = b"POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body
whole, kept, at = ctypes.create_string_buffer(data, len(data)), [], 0
while at < len(data):
    left = len(data) - at
    kept.append(ctypes.create_string_buffer(data[at:], left))
    place = ctypes.byref(whole, at) if sys.argv[3] == "moves" else kept[-1]
    at += ssl.SSL_write(tls, place, left)
assert len(kept) == 3, "a record each"
answer = ctypes.create_string_buffer(65536)
ssl.SSL_read(tls, answer, 65536)
get = b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
ssl.SSL_write(tls, get, len(get))
ssl.SSL_read(tls, answer, 65536)
"""
MIXED, ZEROS = "bytes(number % 251 for number in range(40000))", "bytes(40000)"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # and SETTINGS
GET_LONG = b"\x82\x87\x04\x05/long\x01\x01a"  # HPACK: GET, https, :path, :authority


OPTIONS = "--requests", "--plaintext", "--url", "full"


class Plaintext(LiveCase):
    options = OPTIONS

    @classmethod
    def set_up(cls):
        cls.slow = programs.SlowHttp(cls.certificate.cert, cls.certificate.key)
        cls.addClassCleanup(cls.slow.stop)
        cls.nginx = programs.Nginx(cls.folder, cls.certificate)
        cls.addClassCleanup(cls.nginx.stop)

    def ask(self, *requests, port=None, headers=()):
        """Requests on one TLS connection of this process: its entries."""
        connection = http.client.HTTPSConnection("127.0.0.1", port or self.slow.port,
                                                 context=ssl._create_unverified_context())
        times = []
        for method, path, *body in requests:
            before = time.monotonic_ns()
            connection.request(method, path, *body, headers=dict(headers))
            own = connection.sock.getsockname()[1]
            response = connection.getresponse()
            head = time.monotonic_ns()
            response.read()
            times.append((before, head, time.monotonic_ns()))
        connection.close()
        entries = self.tracer.wait_entries(lambda e: e.connection["localPort"] == own, len(times))
        self.assertEqual(len(entries), len(times), entries)
        for entry, (before, head, end) in zip(entries, times):
            self.assertGreaterEqual(entry.mark_ns("requestStart"), before)
            self.assertLessEqual(entry.mark_ns("finalResponseHeadersStart"), head)
            self.assertLessEqual(entry.mark_ns("responseEnd"), end)
        return entries

    def test_what_an_entry_says(self):
        (entry,) = self.ask(("GET", "/?a=1&token=hidden"), headers={"Cookie": "hidden=1"})
        self.assert_connected(entry)
        self.assertEqual(entry["name"], f"https://{self.slow.at}/?a=1&token=REDACTED")
        self.assertEqual((entry["responseStatus"], entry["contentType"]), (200, "text/plain"))
        self.assertEqual((entry["encodedBodySize"], entry["nextHopProtocol"]), (10, "http/1.1"))
        self.assertGreater(entry["secureConnectionStart"], 0)
        self.assertNotIn("hidden", str(entry))

    def test_reuse_statuses_and_waits(self):
        entries = self.ask(("GET", "/"), ("GET", "/head"), ("GET", "/body"), ("HEAD", "/"),
                           ("GET", "/304"), ("GET", "/502"), ("GET", "/large"), ("GET", "/no"))
        self.assertEqual([e["responseStatus"] for e in entries],
                         [200, 200, 200, 200, 304, 502, 200, 404])
        self.assertEqual([e.connection["reused"] for e in entries], [False] + [True] * 7)
        self.assertEqual(entries[6]["encodedBodySize"], 3000000)
        self.assertGreaterEqual(entries[1]["responseStart"] - entries[1]["requestStart"], PIECE_MS)
        self.assertGreaterEqual(entries[2]["responseEnd"] - entries[2]["responseStart"], PIECE_MS)

    def test_a_server_that_closes_behind_its_answer(self):
        """Its FIN is there before the program has read."""
        for _ in range(5):
            (entry,) = self.ask(("GET", "/"), port=self.nginx.port,
                                headers={"Connection": "close"})
            self.assertEqual((entry["responseStatus"], entry["encodedBodySize"]), (200, 2))

    def test_uploads_of_any_size(self):
        """Of one record, and of many."""
        asked = [one for size in UPLOADS for one in (("POST", "/a", b"u" * size), ("GET", "/b"))]
        entries = self.ask(*asked, port=self.nginx.port)
        for entry, (method, _, *body) in zip(entries, asked):
            self.check_whole(entry)
            self.assertEqual(entry["request"]["method"], method)
            if body:
                self.assertGreater(entry["request"]["sentBytes"], len(body[0]))
                self.assertLess(entry["request"]["sentBytes"], len(body[0]) + 500)

    def test_uploads_by_curl(self):
        """Whose writes go as a whole."""
        upload = Path(self.folder) / "upload"
        upload.write_bytes(bytes(range(250)) * 160)
        ports = {"--http1.1": self.nginx.port, "--http2": self.nghttpd("--echo-upload")}
        for version, port in ports.items():
            with self.subTest(version):
                at = f"https://127.0.0.1:{port}"
                entries, _ = self.curl(version, "--data-binary", f"@{upload}", f"{at}/a", "--next",
                                       "-sk", version, "-o", "/dev/null", f"{at}/small")
                self.assertEqual([e["request"]["method"] for e in entries], ["POST", "GET"])
                for entry in entries:
                    self.check_whole(entry)
                self.assertGreater(entries[0]["request"]["sentBytes"], upload.stat().st_size)

    def test_what_looks_like_the_rest_of_a_write(self):
        """curl's pieces of zeros: 65536, and 49152, which a write of one record would leave of it."""
        upload = Path(self.folder) / "zeros"
        upload.write_bytes(bytes(65536 + 49152))
        at = f"https://{self.slow.at}"
        entries, _ = self.curl("--http1.1", "-H", "Expect:", "-T", upload, f"{at}/a", "--next",
                               "-sk", "--http1.1", "-o", "/dev/null", f"{at}/b")
        self.assertEqual([e["request"]["method"] for e in entries], ["PUT", "GET"])
        self.assertGreater(entries[0]["request"]["sentBytes"], upload.stat().st_size)

    def check_whole(self, entry):
        self.assert_connected(entry)
        self.assertEqual((entry["responseStatus"], entry.connection["flags"]), (200, []), entry)

    def curl(self, *args):
        file = self.trace(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code} %{http_version}\n",
                           *args], *self.options)
        return file.entries, [line for line in self.own.process.lines["stdout"] if line.strip()]

    def test_http2_by_curl(self):
        at = f"https://127.0.0.1:{self.nginx.port}"
        entries, told = self.curl("--http2", f"{at}/a", "-o", "/dev/null", f"{at}/b?key=1")
        self.assertEqual(told, ["200 2", "200 2"])
        self.assertEqual([e["name"] for e in entries], [f"{at}/a", f"{at}/b?key=REDACTED"])
        for entry in entries:
            self.assertEqual((entry["nextHopProtocol"], entry["responseStatus"]), ("h2", 200))
            self.assertEqual(entry["encodedBodySize"], 2)
        self.assertEqual([e.connection["reused"] for e in entries], [False, True])

    def nghttpd(self, *options):
        """Serves a file of each size: its port."""
        root = Path(self.folder) / "root"
        root.mkdir(exist_ok=True)
        for name, size in SIZES.items():
            (root / name).write_bytes(b"x" * size)
        port = programs.free_port()
        server = Process([host.tool("nghttpd"), *options, "-a", "127.0.0.1", "-d", root, "-v", port,
                          self.certificate.key, self.certificate.cert])
        self.addCleanup(server.stop)
        server.wait_line("listen")
        return port

    def test_http2_bodies_of_any_size(self):
        """Frames are followed over bodies that are not read: one by one, and all at once."""
        port = self.nghttpd()
        names = ["huge", "small", "large", "huge", "large", "small"]
        urls = [f"https://127.0.0.1:{port}/{name}" for name in names]
        outputs = ["-o", "/dev/null"] * (len(urls) - 1)
        wanted = sorted((200, SIZES[name]) for name in names)
        for options in ["--http2"], ["--http2", "-Z"]:
            entries, told = self.curl(*options, *outputs, *urls)
            self.assertEqual(told, ["200 2"] * len(names))
            self.assertEqual(sorted((e["responseStatus"], e["encodedBodySize"]) for e in entries),
                             wanted)
            for entry in entries:
                self.assertNotIn("lost", entry.connection["flags"])
            self.assertEqual(self.own.file.stats[-1]["total"].get("request", 0), 0)

    def test_http2_of_a_server_that_is_heard_first(self):
        """Its SETTINGS are read before the client's preface is written; node does so now and
        then."""
        context = ssl._create_unverified_context()
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", self.nginx.port)) as plain, \
                context.wrap_socket(plain) as sock:
            own = sock.getsockname()[1]
            said = sock.recv(65536)
            self.assertEqual(said[3], 4, "SETTINGS")
            sock.sendall(PREFACE)
            for stream in 1, 3:
                sock.sendall(bytes((0, 0, len(GET_LONG), 1, 5, 0, 0, 0, stream)) + GET_LONG)
                while said.count(b"k") < stream // 2 * 20000 + 20000:
                    said += sock.recv(65536)
        entries = self.tracer.wait_entries(lambda e: e.connection["localPort"] == own, 2)
        for entry in entries:
            self.check_whole(entry)
            self.assertEqual(entry["encodedBodySize"], 20000)

    def test_node_writes_before_its_handshake_is_over(self):
        """A memory BIO, and a first request that is tried many times: the last time counts."""
        delay = proxies.Delay(self.nginx.port, WAIT_MS / 1000)
        file = self.trace(["node", "-e", NODE, str(delay.port)], *self.options)
        delay.stop()
        at = f"https://127.0.0.1:{delay.port}"
        self.assertEqual([e["name"] for e in file.entries], [f"{at}/first", f"{at}/second"])
        self.assertEqual([e["responseStatus"] for e in file.entries], [200, 200])
        first = file.entries[0]
        self.assertGreater(first["requestStart"] - first["secureConnectionStart"], PIECE_MS)
        self.assertGreater(first["connectEnd"] - first["secureConnectionStart"], PIECE_MS)

    def test_a_write_that_makes_the_handshake(self):
        """It is entered before anybody knows whose it is: records tell the requests then."""
        context = ssl._create_unverified_context()
        context.set_alpn_protocols(["http/1.1"])
        request = b"GET /head HTTP/1.1\r\nHost: a\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.slow.port)) as plain:
            own = plain.getsockname()[1]
            with context.wrap_socket(plain, do_handshake_on_connect=False) as client:
                for _ in range(2):
                    client.sendall(request)
                    while not client.recv(65536).endswith(b"0123456789"):
                        pass
        entries = self.tracer.wait_entries(lambda e: e.connection["localPort"] == own, 2)
        self.assertEqual([e.connection["reused"] for e in entries], [False, True])
        for entry in entries:
            self.assertIsNotNone(entry["request"], entry)

    def test_a_tape_of_methods_that_begin_like_http2(self):
        tape = Path(self.folder) / "methods.tape"
        file = self.trace(["curl", "-sk", "--http1.1", "-X", "PROPFIND", "-o", "/dev/null",
                           f"https://{self.slow.at}/"], *self.options, "--tape", tape)
        ran = subprocess.run([host.connspan(), "replay", tape, "--requests", "-q", "-f",
                              "ndjson"], capture_output=True, text=True, check=True)
        (entry,) = (line for line in programs.json_lines(ran.stdout) if "name" in line)
        self.assertEqual(entry["request"], file.entries[0]["request"])
        self.assertEqual(entry["request"]["method"], "PROPFIND")

    def test_gnutls_is_not_read(self):
        """Nor are requests made of what its records look like: they may be of any protocol."""
        at = f"https://127.0.0.1:{self.nginx.port}"
        file = self.trace([host.tool("wget"), "-q", "--no-check-certificate", "-O", "/dev/null",
                           f"{at}/a", f"{at}/b", f"{at}/c"], *self.options)
        (entry,) = file.entries
        self.assert_connected(entry)
        self.assertIsNone(entry["request"], entry)
        self.assertGreater(entry["connectEnd"], 0)

    def test_without_it_nothing_is_read(self):
        file = self.trace(["curl", "-sk", "--http1.1", "-o", "/dev/null",
                           f"https://127.0.0.1:{self.nginx.port}/a"], "--requests")
        (entry,) = file.entries
        self.assertEqual(entry["name"], f"https://127.0.0.1:{self.nginx.port}/")
        self.assertEqual(entry["responseStatus"], 0)


class PartialWrites(LiveCase):
    options = None

    @classmethod
    def set_up(cls):
        cls.slow = programs.SlowHttp(cls.certificate.cert, cls.certificate.key)
        cls.addClassCleanup(cls.slow.stop)

    def send_in_records(self, body, how):
        """A POST and a GET, of a program that has OpenSSL end a write with its first record."""
        file = self.trace([sys.executable, "-c", PARTIAL, str(self.slow.port), body, how],
                          *OPTIONS)
        self.assertEqual([e["request"]["method"] for e in file.entries], ["POST", "GET"])
        self.assertLess(file.entries[0]["request"]["sentBytes"], 40500)
        return file

    def test_the_rest_of_a_write(self):
        for body, how in (MIXED, "copies"), (MIXED, "moves"), (ZEROS, "moves"):
            with self.subTest(body=body, how=how):
                file = self.send_in_records(body, how)
                for entry in file.entries:
                    self.assertEqual((entry["responseStatus"], entry.connection["flags"]), (200, []))
                self.assertEqual(file.lost, {})

    def test_the_rest_of_a_write_that_cannot_be_told_from_another(self):
        """It is taken for another, which is noticed."""
        file = self.send_in_records(ZEROS, "copies")
        self.assertIn("lost", file.entries[0].connection["flags"])
        self.assertEqual(file.lost, {"request": 1})


if __name__ == "__main__":
    main()
