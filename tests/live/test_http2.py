# SPDX-License-Identifier: MIT
"""--requests: HTTP/2 in clear, by prior knowledge (RFC 9113 section 3.3): a frame at a time, however
large the bodies are; against real clients and servers, their own times and known sizes."""
import re
from pathlib import Path

from lib import host, programs
from lib.case import LiveCase, main
from lib.process import Process

WAIT_MS = 250
WINDOW_NS = 1_000_000_000  # an emulated guest takes a third of it
PIECE_MS = WAIT_MS - 5  # a timer may fire a tick early against another clock
LARGE, HUGE = 100_000, 3_000_000


class Http2(LiveCase):
    options = None

    def check_all(self, entries):
        """Every one is followed to its end, and nothing was lost on the way."""
        for entry in entries:
            self.assert_connected(entry)
            self.assertEqual((entry["nextHopProtocol"], entry.connection["flags"]), ("h2", []))
        self.assertEqual(len({entry.connection["id"] for entry in entries}), 1)
        self.assertEqual(sorted(e.connection["reused"] for e in entries),
                         [False] + [True] * (len(entries) - 1))
        self.assertEqual(self.own.file.stats[-1]["total"].get("request", 0), 0)


class Node(Http2):
    """Both ends."""

    @classmethod
    def set_up(cls):
        cls.http = programs.SlowHttp2()
        cls.addClassCleanup(cls.http.stop)

    def ask(self, *paths, order="one-by-one"):
        file = self.trace([host.tool("node"), str(host.SCRIPTS / "http2_client.mjs"), self.http.at,
                           order, *paths], "--requests")
        self.assertEqual(len({entry.connection["id"] for entry in file.entries}), 1)
        return file.entries

    def check(self, *paths, order="one-by-one"):
        """Each path once: its entry against what the client saw."""
        entries = {e["name"].rpartition("/")[2]: e for e in self.ask(*paths, order=order)}
        owns = self.own.process.json()
        self.assertEqual(len(entries), len(owns))
        self.check_all(entries.values())
        for own in owns:
            entry = entries[own["path"].partition("?")[0][1:]]
            self.assertEqual(entry["responseStatus"], own["status"])
            self.assertEqual(entry["encodedBodySize"], own["bytes"])
            self.assertGreater(entry["request"]["receivedBytes"], own["bytes"])
            for ours, theirs in (("requestStart", "start"), ("responseStart", "headers"),
                                 ("responseEnd", "end")):
                self.assertLess(abs(entry.mark_ns(ours) - own[theirs]), WINDOW_NS, ours)
            self.assertGreaterEqual(entry.mark_ns("requestStart"), own["start"])
            self.assertLessEqual(entry.mark_ns("finalResponseHeadersStart"), own["headers"])
            self.assertLessEqual(entry.mark_ns("responseEnd"), own["end"])
        return entries

    def test_what_an_entry_says(self):
        entries = self.ask("/?a=1", "/204", "/404")
        self.assertEqual([e["name"] for e in entries],
                         [f"http://{self.http.at}{path}" for path in ("/", "/204", "/404")])
        self.assertEqual([e["responseStatus"] for e in entries], [200, 204, 404])
        self.assertEqual([e.connection["reused"] for e in entries], [False, True, True])
        for entry in entries:
            self.assertEqual((entry["nextHopProtocol"], entry["request"]["method"]), ("h2", "GET"))
            self.assertEqual(entry.connection["flags"], [])
        first, later, _ = entries
        self.assertEqual((first["contentType"], first["encodedBodySize"]), ("text/plain", 10))
        self.assertEqual(first["connectEnd"], first["phases"]["tcpEstablished"])
        self.assertEqual(later["connectStart"], later["fetchStart"])
        self.assertEqual(later["connectEnd"], later["fetchStart"])

    def test_waits(self):
        head, body, early = self.ask("/head", "/body", "/early")
        self.assertGreaterEqual(head["responseStart"] - head["requestStart"], PIECE_MS)
        self.assertLess(body["responseStart"] - body["requestStart"], PIECE_MS)
        self.assertGreaterEqual(body["responseEnd"] - body["responseStart"], PIECE_MS)
        self.assertEqual(early["responseStart"], early["firstInterimResponseStart"])
        waited = early["finalResponseHeadersStart"] - early["firstInterimResponseStart"]
        self.assertGreaterEqual(waited, PIECE_MS)

    def test_bodies_of_any_size(self):
        entries = self.check("/", "/large", "/huge", "/204", "/trailers")
        self.assertEqual([entries[path]["encodedBodySize"] for path in
                          ("", "large", "huge", "204", "trailers")], [10, LARGE, HUGE, 0, 20000])

    def test_streams_at_once(self):
        """Large bodies and small ones in between, each with its own end."""
        entries = self.check("/huge", "/head", "/large", "/body", "/trailers", "/", order="at-once")
        for path in "large", "trailers", "":
            self.assertLess(entries[path]["responseEnd"], entries["body"]["responseEnd"])

    def test_fifty_requests_with_the_tables_of_both_ends(self):
        entries = self.ask(*["/large", "/"] * 25)
        self.check_all(entries)
        self.assertEqual([e["name"] for e in entries],
                         [f"http://{self.http.at}/large", f"http://{self.http.at}/"] * 25)
        self.assertEqual([e["encodedBodySize"] for e in entries], [LARGE, 10] * 25)

    def test_a_hundred_requests_in_one_packet(self):
        entries = self.ask(*["/?a"] * 100, order="at-once")
        self.check_all(entries)
        self.assertEqual(len(entries), 100)
        self.assertEqual({e["encodedBodySize"] for e in entries}, {10})

    def test_header_blocks_of_many_frames(self):
        """More than the 16 KB of a frame: CONTINUATION. The server's default allows 64 KB."""
        entries = self.check("/large?field=40000", "/")
        self.assertGreater(entries["large"]["request"]["sentBytes"], 30000)

    def test_resets_and_goaway(self):
        reset, after, going = self.ask("/reset", "/large", "/goaway")
        self.assertEqual((reset["responseStatus"], reset.connection["flags"]), (200, ["incomplete"]))
        self.assertEqual(reset.connection["outcome"], "failed")
        self.assertEqual(reset.connection["error"],
                         {"phase": "http", "code": "reset", "detail": "INTERNAL_ERROR"})
        for entry, size in (after, LARGE), (going, 20000):
            self.assertEqual((entry["encodedBodySize"], entry.connection["flags"]), (size, []))


class Files(Http2):
    """What servers in C make of files."""

    @classmethod
    def set_up(cls):
        cls.root = Path(cls.folder) / "root"
        cls.root.mkdir()
        for name, size in ("small", 12), ("large", LARGE), ("huge", HUGE):
            (cls.root / name).write_bytes(b"x" * size)

    def nghttpd(self, *options):
        port = programs.free_port()
        server = Process([host.tool("nghttpd"), "-v", "--no-tls", "-a", "127.0.0.1", "-d", self.root,
                          *options, port])
        self.addCleanup(server.stop)
        server.wait_line("listen")
        return f"http://127.0.0.1:{port}"

    def nghttp(self, *options):
        """(entries, {stream: (status, process in ms)})"""
        file = self.trace([host.tool("nghttp"), "-ns", *options], "--requests")
        found = (re.match(r"\s*(\d+)\s+\S+ [* ]\s*\S+\s+([\d.]+)(us|ms|s)\s+(\d+)", line)
                 for line in self.own.process.lines["stdout"])
        units = {"us": 0.001, "ms": 1, "s": 1000}
        return file.entries, [(int(own[4]), float(own[2]) * units[own[3]]) for own in found if own]

    def check(self, entries, owns):
        self.assertEqual(len(entries), len(owns), owns)
        for entry, (status, took) in zip(sorted(entries, key=lambda e: e["responseEnd"]), owns):
            self.assertEqual(entry["responseStatus"], status)
            ours = float(entry["responseEnd"] - entry["requestStart"])
            self.assertLess(abs(ours - took), WINDOW_NS / 1e6)

    def sizes(self, entries):
        return sorted((e["name"].rpartition("/")[2], e["encodedBodySize"]) for e in entries)

    def test_nginx_and_curl(self):
        server = programs.NginxFiles(self.folder, self.root)
        self.addCleanup(server.stop)
        figures = "%{http_code} %{size_download} %{time_total} %{time_pretransfer} %{time_starttransfer}\n"
        for path, size in ("small", 12), ("large", LARGE), ("huge", HUGE):
            file = self.trace(["curl", "-s", "--http2-prior-knowledge", "-o", "/dev/null",
                               "-w", figures, f"http://127.0.0.1:{server.port}/{path}"], "--requests")
            (entry,) = file.entries
            self.check_all([entry])
            status, told, total, before, first = next(
                line.split() for line in self.own.process.lines["stdout"] if line)
            self.assertEqual((entry["responseStatus"], entry["encodedBodySize"], int(told)),
                             (int(status), size, size))
            for mark, own in ("responseStart", first), ("responseEnd", total):
                ours = float(entry[mark] - entry["requestStart"]) / 1000
                self.assertLess(abs(ours - (float(own) - float(before))), WINDOW_NS / 1e9)

    def test_nghttp_at_once(self):
        at = self.nghttpd("--trailer", "x-end: 1")
        entries, owns = self.nghttp("-m", "2", f"{at}/small", f"{at}/large", f"{at}/huge")
        self.check_all(entries)
        self.check(entries, owns)
        self.assertEqual(self.sizes(entries), [("huge", HUGE)] * 2 + [("large", LARGE)] * 2 +
                         [("small", 12)] * 2)

    def test_padding_counts_in_no_body(self):
        at = self.nghttpd("-b", "200")
        entries, owns = self.nghttp("-b", "100", f"{at}/large", f"{at}/huge")
        self.check_all(entries)
        self.check(entries, owns)
        self.assertEqual(self.sizes(entries), [("huge", HUGE), ("large", LARGE)])

    def test_uploads_with_trailers_and_continuation(self):
        at = self.nghttpd("--echo-upload")
        entries, owns = self.nghttp("--continuation", "-d", str(self.root / "huge"),
                                    "--trailer", "x-end: 1", f"{at}/small", f"{at}/large")
        self.check_all(entries)
        self.check(entries, owns)
        for entry in entries:
            self.assertEqual((entry["request"]["method"], entry["encodedBodySize"]), ("POST", HUGE))
            self.assertGreater(entry["request"]["sentBytes"], HUGE)

    def test_pushes(self):
        at = self.nghttpd("--push=/small=/large")
        entries, owns = self.nghttp(f"{at}/small")
        self.check(entries, owns)
        self.assertEqual(sorted((e["name"], *e.connection["flags"]) for e in entries),
                         [(f"{at}/large", "pushed"), (f"{at}/small",)])
        self.assertEqual(self.sizes(entries), [("large", LARGE), ("small", 12)])
        entries, _ = self.nghttp("--no-push", f"{at}/small")
        self.check_all(entries)
        self.assertEqual(self.sizes(entries), [("small", 12)])

    def test_both_ends_speak_at_once(self):
        """The server's SETTINGS and the client's preface may pass on two processors at once; which
        comes first is not the same in two of a thousand."""
        at = self.nghttpd()
        count = 600
        file = self.trace(["sh", "-c", f"for i in $(seq {count}); do nghttp -n {at}/small; done"],
                          "--requests")
        self.assertEqual([(e["responseStatus"], *e.connection["flags"]) for e in file.entries],
                         [(200,)] * count)


if __name__ == "__main__":
    main()
