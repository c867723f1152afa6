# SPDX-License-Identifier: MIT
"""--requests: an entry per HTTP exchange, against a server that waits on purpose."""
import http.client
import os
import socket
import time

from lib import host, programs
from lib.case import LiveCase, main
from lib.process import PATIENCE_S
from lib.tracer import Tracer

WAIT_MS = 250
WINDOW_NS = 100_000_000
PIECE_MS = WAIT_MS - 5  # a timer may fire a tick early against another clock


class Requests(LiveCase):
    options = ("--requests",)

    @classmethod
    def set_up(cls):
        cls.http = programs.SlowHttp()
        cls.addClassCleanup(cls.http.stop)

    def ask(self, *requests):
        """Requests on one connection of this process: (entries, (before, headers, end) of each)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http.port)
        times = []
        for method, path in requests:
            before = time.monotonic_ns()
            connection.request(method, path)
            if not times:
                port = connection.sock.getsockname()[1]
            response = connection.getresponse()
            headers = time.monotonic_ns()
            response.read()
            times.append((before, headers, time.monotonic_ns()))
        connection.close()
        entries = self.entries_of(port, len(times))
        for entry, (before, headers, end) in zip(entries, times):
            self.assertGreaterEqual(entry.mark_ns("requestStart"), before)
            self.assertLessEqual(entry.mark_ns("finalResponseHeadersStart"), headers)
            self.assertLessEqual(entry.mark_ns("responseEnd"), end)
        return entries

    def entries_of(self, port, count=1):
        found = self.tracer.wait_entries(lambda e: e.connection["localPort"] == port, count)
        self.assertEqual(len(found), count, found)
        return found

    def talk(self, data, until=b""):
        """Raw bytes on a connection of their own; its only entries."""
        with socket.create_connection(("127.0.0.1", self.http.port)) as client:
            client.settimeout(PATIENCE_S)
            port = client.getsockname()[1]
            client.sendall(data)
            said = b""
            while not until or until not in said:
                try:
                    more = client.recv(65536)
                except ConnectionResetError:
                    break
                if not more:
                    break
                said += more
        return port

    def waits(self, entry):
        """Milliseconds from request to response, and from there to its end."""
        return (entry["responseStart"] - entry["requestStart"],
                entry["responseEnd"] - entry["responseStart"])

    def test_first_byte_in_a_segment_of_its_own(self):
        """It might begin a PROXY header."""
        with socket.create_connection(("127.0.0.1", self.http.port)) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            port = client.getsockname()[1]
            client.sendall(b"P")
            time.sleep(0.05)  # a segment of its own
            client.sendall(b"OST /no HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n")
            client.recv(65536)
        (entry,) = self.entries_of(port)
        self.assertEqual(entry["request"]["method"], "POST")
        self.assertGreaterEqual(entry["responseStatus"], 200)

    def test_what_an_entry_says(self):
        (entry,) = self.ask(("GET", "/?a=1"))
        self.assert_connected(entry)
        self.assertEqual(entry["name"], f"http://{self.http.at}/")
        self.assertEqual(entry["nextHopProtocol"], "http/1.1")
        self.assertEqual((entry["responseStatus"], entry["contentType"]), (200, "text/plain"))
        self.assertEqual((entry["encodedBodySize"], entry["transferSize"]), (10, 310))
        self.assertEqual(entry["request"]["method"], "GET")
        self.assertGreater(entry["request"]["receivedBytes"], 10)
        self.assertEqual(entry["connectStart"], entry["phases"]["connectStart"])
        self.assertEqual(entry["connectEnd"], entry["phases"]["tcpEstablished"])
        self.assertEqual(entry["secureConnectionStart"], 0)
        self.assertFalse(entry.connection["reused"])
        self.assertEqual(entry.connection["flags"], [])

    def test_wait_before_the_headers(self):
        head, _ = self.waits(*self.ask(("GET", "/head")))
        self.assertGreaterEqual(head, PIECE_MS)

    def test_wait_before_the_body(self):
        (entry,) = self.ask(("GET", "/body"))
        head, body = self.waits(entry)
        self.assertLess(head, PIECE_MS)
        self.assertGreaterEqual(body, PIECE_MS)

    def test_headers_in_pieces_begin_with_the_first(self):
        head, body = self.waits(*self.ask(("GET", "/pieces")))
        self.assertLess(head, PIECE_MS)
        self.assertGreaterEqual(body, 2 * PIECE_MS)

    def test_early_hints(self):
        port = self.talk(b"GET /early HTTP/1.1\r\nHost: a\r\n\r\n", b"0123456789")
        (entry,) = self.entries_of(port)
        self.assertGreater(entry["firstInterimResponseStart"], 0)
        self.assertEqual(entry["responseStart"], entry["firstInterimResponseStart"])
        waited = entry["finalResponseHeadersStart"] - entry["firstInterimResponseStart"]
        self.assertGreaterEqual(waited, PIECE_MS)
        self.assertEqual(entry["responseStatus"], 200)

    def test_continue(self):
        body = b"x" * 2000
        port = self.talk(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                         b"Content-Length: 2000\r\n\r\n" + body, b"0123456789")
        (entry,) = self.entries_of(port)
        self.assertGreater(entry["firstInterimResponseStart"], 0)
        self.assertEqual((entry["responseStatus"], entry["request"]["method"]), (200, "POST"))
        self.assertGreater(entry["request"]["sentBytes"], 2000)

    def test_curl_asks_again_where_its_body_was_refused(self):
        upload = os.path.join(self.folder, "upload")
        with open(upload, "wb") as file:
            file.write(bytes(2_000_000))  # beyond 1 MB it expects a 100
        file = self.trace(["curl", "-s", "-o", "/dev/null", "-w", "%{num_connects}\n", "-T", upload,
                           f"http://{self.http.at}/expected"], "--requests")
        self.assertEqual(self.own.process.lines["stdout"][0].strip(), "1")
        self.assertEqual([(e["responseStatus"], e.connection["reused"]) for e in file.entries],
                         [(417, False), (200, True)])
        sent = [e["request"]["sentBytes"] for e in file.entries]
        self.assertLess(sent[0], 1000)
        self.assertGreater(sent[1], 2_000_000)

    def test_reuse(self):
        """The lib's check_reused() holds the rule of each entry in every file."""
        entries = self.ask(("GET", "/"), ("GET", "/head"), ("HEAD", "/"), ("GET", "/204"),
                           ("GET", "/304"), ("GET", "/chunked"), ("GET", "/502"), ("GET", "/no"),
                           ("GET", "/large"), ("GET", "/"))
        self.assertEqual([e.connection["reused"] for e in entries], [False] + [True] * 9)
        self.assertEqual([e["responseStatus"] for e in entries],
                         [200, 200, 200, 204, 304, 200, 502, 404, 200, 200])
        self.assertEqual([e["encodedBodySize"] for e in entries],
                         [10, 10, 0, 0, 0, 10, 0, 0, 3000000, 10])
        self.assertEqual(len({e.connection["id"] for e in entries}), 1)
        chunked = entries[5]
        self.assertEqual(chunked["contentEncoding"], "gzip")
        self.assertGreaterEqual(self.waits(chunked)[1], PIECE_MS)
        for entry in entries[1:]:
            self.assertEqual(set(entry["phases"].values()), {None})
            self.assertEqual(entry["duration"], entry["responseEnd"] - entry["requestStart"])

    def test_an_answer_that_nothing_follows_is_told_at_once(self):
        with socket.create_connection(("127.0.0.1", self.http.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(client.recv(65536))
            self.entries_of(client.getsockname()[1])  # while it is open

    def test_the_tracer_stops_before_the_answer(self):
        tracer = Tracer(self.folder, "-p", os.getpid(), "--requests")
        with socket.create_connection(("127.0.0.1", self.http.port)) as client:
            client.sendall(b"POST /unanswered HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
            tracer.stop()
            port = client.getsockname()[1]
            (entry,) = (e for e in tracer.file.entries if e.connection["localPort"] == port)
        self.assertEqual(entry.connection["outcome"], "unfinished")
        self.assertEqual(entry["name"], "http://a/unanswered")

    def test_until_the_close(self):
        (entry,) = self.entries_of(self.talk(b"GET /close HTTP/1.0\r\n\r\n"))
        self.assert_connected(entry)
        self.assertEqual((entry["nextHopProtocol"], entry["encodedBodySize"]), ("http/1.0", 10))
        self.assertGreaterEqual(self.waits(entry)[1], PIECE_MS)

    def test_a_body_without_a_length_that_is_broken_off(self):
        """Only a server that closes says that this was all (RFC 9112 section 8)."""
        for path, code in (("/close-reset", "ECONNRESET"), ("/chunked-reset", "ECONNRESET"),
                           ("/events", "closed"), ("/chunked-events", "closed")):
            until = b"data: 1" if code == "closed" else b""
            (entry,) = self.entries_of(
                self.talk(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), until))
            self.assertEqual(entry.connection["error"]["code"], code, path)
            self.assertEqual(entry.connection["outcome"],
                             "aborted" if code == "closed" else "failed", path)
            self.assertEqual((entry["responseStatus"], entry.connection["flags"]),
                             (200, ["incomplete"]), path)

    def test_a_client_that_said_all_still_hears_the_server_out(self):
        """shutdown(SHUT_WR): the server's FIN leads to no CLOSE_WAIT then."""
        for path, code in ("/close", None), ("/cut", "eof"):
            with socket.create_connection(("127.0.0.1", self.http.port)) as client:
                port = client.getsockname()[1]
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            (entry,) = self.entries_of(port)
            self.assertEqual((entry.connection["error"] or {}).get("code"), code, path)

    def test_chunks_beyond_what_is_read_are_whole_if_the_client_closes(self):
        (entry,) = self.entries_of(self.talk(b"GET /chunked-large HTTP/1.1\r\nHost: a\r\n\r\n",
                                             b"0\r\n\r\n"))
        self.assert_connected(entry)
        self.assertIsNone(entry["encodedBodySize"])

    def test_no_response(self):
        for path, code in ("/drop", "eof"), ("/reset", "ECONNRESET"):
            port = self.talk(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            (entry,) = self.entries_of(port)
            self.assert_failed(entry, "http", code)
            self.assertEqual((entry["responseStatus"], entry["nextHopProtocol"]), (0, ""))

    def test_behind_the_close_of_the_server(self):
        """The connection was kept alive for longer than the server does."""
        get = "GET %s HTTP/1.1\r\nHost: a\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.http.port)) as client:
            client.settimeout(PATIENCE_S)
            port = client.getsockname()[1]
            client.sendall((get % "/last").encode())
            while client.recv(65536):
                pass
            client.sendall((get % "/stale").encode())
        last, stale = self.entries_of(port, 2)
        self.assert_connected(last)
        self.assert_failed(stale, "http", "eof")
        self.assertTrue(stale.connection["reused"])
        self.assertEqual(stale["name"], "http://a/stale")

    def test_less_than_it_said(self):
        (entry,) = self.entries_of(self.talk(b"GET /cut HTTP/1.1\r\nHost: a\r\n\r\n"))
        self.assertEqual(entry.connection["flags"], ["incomplete"])
        self.assertEqual(entry["responseStatus"], 200)
        self.assertEqual(entry.connection["error"]["code"], "eof")

    def test_upgrade_and_pipelined_are_flagged(self):
        (entry,) = self.entries_of(self.talk(
            b"GET /upgrade HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n",
            b"hello"))
        self.assertEqual((entry["responseStatus"], entry.connection["flags"]), (101, ["upgrade"]))
        self.assertGreater(entry["firstInterimResponseStart"], 0)  # 101 is a 1xx, and the last one
        self.assertEqual(entry["firstInterimResponseStart"], entry["finalResponseHeadersStart"])
        get = b"GET /204 HTTP/1.1\r\nHost: a\r\n\r\n"
        entries = self.entries_of(self.talk(get + get + get.replace(b"/204", b"/drop")), 3)
        self.assertEqual([e.connection["flags"] for e in entries],
                         [[], ["pipelined"], ["pipelined"]])

    def test_methods_that_are_rare(self):
        """fetch() leaves "patch" as it is; RFC 3253 has the longest of all."""
        for method in "patch", "purge", "M-SEARCH", "VERSION-CONTROL", "BASELINE-CONTROL":
            for target in "/no", "http://a/no" + 300 * "x":
                port = self.talk(f"{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), b"404")
                (entry,) = self.entries_of(port)
                self.assertEqual((entry["request"] or {}).get("method"), method)
                self.assertEqual(entry["responseStatus"], 404)

    def test_words_of_other_protocols_are_not_followed(self):
        """So the connection is told at once: its turn goes on."""
        for line in (b"get /key\r\n", b"set http 0 0 1\r\n", b"NICK bob\r\n", b"EHLO x\r\n",
                     b"get /" + 99 * b"k" + b"\r\n", b"BASELINE-CONTROLS / HTTP/1.1\r\n"):
            with socket.create_connection(("127.0.0.1", self.http.port)) as client:
                client.sendall(line)
                (entry,) = self.entries_of(client.getsockname()[1])
                self.assertIsNone(entry["request"], line)

    def test_what_is_no_http_is_the_connection(self):
        for data in b"hello", b"SET a", b"GET /x":
            port = self.talk(data + b"\r\n\r\n")
            (entry,) = self.entries_of(port)
            self.assertEqual(entry["name"], f"tcp://{self.http.at}")
            self.assertIsNone(entry["request"])

    def test_curl(self):
        figures = "%{http_code} %{num_connects} %{size_download} %{time_total} %{time_pretransfer}\n"
        file = self.trace(["curl", "-s", "-o", "/dev/null", "-w", figures,
                           f"http://{self.http.at}/head", "-o", "/dev/null",
                           f"http://user:secret@{self.http.at}/body?token=1",
                           "-o", "/dev/null", f"http://{self.http.at}/large"], "--requests")
        told = [line.split() for line in self.own.process.lines["stdout"] if line.strip()]
        self.assertEqual(len(told), 3, told)
        self.assertEqual([e["name"].rpartition("/")[2] for e in file.entries],
                         ["head", "body", "large"])
        for entry, (status, connects, size, total, before) in zip(file.entries, told):
            self.assertEqual(entry["responseStatus"], int(status))
            self.assertEqual(entry.connection["reused"], connects == "0")
            self.assertEqual(entry["encodedBodySize"], int(size))
            ours = float(entry["responseEnd"] - entry["requestStart"]) / 1000
            self.assertLess(abs(ours - (float(total) - float(before))), 0.1)
            self.assertNotIn("secret", str(entry))


    def test_go(self):
        file = self.trace([str(word) for word in (host.program("httptrace"), self.certificate.cert,
                                                  f"http://{self.http.at}/head", 3)], "--requests")
        owns = self.own.process.json()
        self.assertEqual((len(owns), len(file.entries)), (3, 3))
        for entry, own in zip(file.entries, owns):
            self.assertEqual(entry.connection["localPort"], own["localPort"])
            self.assertEqual(entry["responseStatus"], own["status"])
            self.assertGreaterEqual(entry.mark_ns("requestStart"), own["connected"])
            self.assertLessEqual(entry.mark_ns("requestStart"), own["firstByte"])
            # Go says so when the request is in its buffer, and flushes that then.
            self.assertLess(abs(entry.mark_ns("requestStart") - own["wroteRequest"]), WINDOW_NS)
            self.assertLessEqual(entry.mark_ns("responseStart"), own["firstByte"])
            self.assertLess(own["firstByte"] - entry.mark_ns("responseStart"), WINDOW_NS)
            self.assertLessEqual(entry.mark_ns("responseEnd"), own["bodyEnd"])
            self.assertLess(own["bodyEnd"] - entry.mark_ns("responseEnd"), WINDOW_NS)


if __name__ == "__main__":
    main()
