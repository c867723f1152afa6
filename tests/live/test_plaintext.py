# SPDX-License-Identifier: MIT
"""--plaintext: requests inside TLS as the program itself says and hears them, off OpenSSL."""
import http.client
import ssl
import time
from pathlib import Path

from lib import host, programs
from lib.case import LiveCase, main
from lib.process import Process

WAIT_MS = 250
PIECE_MS = WAIT_MS - 5  # a timer may fire a tick early against another clock
NODE = """
const agent = new (require("https").Agent)({keepAlive: true, rejectUnauthorized: false});
const get = path => new Promise(done => require("https").get(
    {host: "127.0.0.1", port: +process.argv[1], path, agent}, r => r.resume().on("end", done)));
get("/first").then(() => get("/second")).then(() => agent.destroy());
"""


class Plaintext(LiveCase):
    options = ("--requests", "--plaintext", "--url", "full")

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
        for method, path in requests:
            before = time.monotonic_ns()
            connection.request(method, path, headers=dict(headers))
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

    def test_http2_bodies_of_any_size(self):
        """Frames are followed over bodies that are not read: one by one, and all at once."""
        sizes = {"small": 12, "large": 100_000, "huge": 3_000_000}
        root = Path(self.folder) / "root"
        root.mkdir()
        for name, size in sizes.items():
            (root / name).write_bytes(b"x" * size)
        port = programs.free_port()
        server = Process([host.tool("nghttpd"), "-a", "127.0.0.1", "-d", root, "-v", port,
                          self.certificate.key, self.certificate.cert])
        self.addCleanup(server.stop)
        server.wait_line("listen")
        names = ["huge", "small", "large", "huge", "large", "small"]
        urls = [f"https://127.0.0.1:{port}/{name}" for name in names]
        outputs = ["-o", "/dev/null"] * (len(urls) - 1)
        wanted = sorted((200, sizes[name]) for name in names)
        for options in ["--http2"], ["--http2", "-Z"]:
            entries, told = self.curl(*options, *outputs, *urls)
            self.assertEqual(told, ["200 2"] * len(names))
            self.assertEqual(sorted((e["responseStatus"], e["encodedBodySize"]) for e in entries),
                             wanted)
            for entry in entries:
                self.assertNotIn("lost", entry.connection["flags"])
            self.assertEqual(self.own.file.stats[-1]["total"].get("request", 0), 0)

    def test_node_writes_before_its_handshake_is_over(self):
        """A memory BIO, and a first request that is tried many times."""
        file = self.trace(["node", "-e", NODE, str(self.nginx.port)], *self.options)
        at = f"https://127.0.0.1:{self.nginx.port}"
        self.assertEqual([e["name"] for e in file.entries], [f"{at}/first", f"{at}/second"])
        self.assertEqual([e["responseStatus"] for e in file.entries], [200, 200])

    def test_without_it_nothing_is_read(self):
        file = self.trace(["curl", "-sk", "--http1.1", "-o", "/dev/null",
                           f"https://127.0.0.1:{self.nginx.port}/a"], "--requests")
        (entry,) = file.entries
        self.assertEqual(entry["name"], f"https://127.0.0.1:{self.nginx.port}/")
        self.assertEqual(entry["responseStatus"], 0)


if __name__ == "__main__":
    main()
