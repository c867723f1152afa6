# SPDX-License-Identifier: MIT
"""`connspan report`: its figures against those that Python computes from the same files, files that
are not as they should be, and what a page's script would compute from real entries."""
import gzip
import json
import math
import os
import subprocess
import sys

from lib import host, programs
from lib.case import main
from lib.cli import CliCase
from lib.entries import check_schema

sys.path.insert(0, str(host.SOURCE / "tests" / "harness"))
import many_entries  # noqa: E402

SPANS = ("tcp", "tls", "total")
SAMPLE = host.SOURCE / "tests" / "live" / "samples" / "requests.ndjson"


def spans_of(entry):
    phases = entry["phases"]
    yield "tcp", phases["connectStart"], phases["tcpEstablished"]
    yield "tls", phases["tlsStart"], phases["tlsEnd"]
    if entry["connection"]["outcome"] == "connected":
        yield "total", entry["startTime"], entry["connectEnd"]


class Exact:
    """What a row must say, by sorting."""

    def __init__(self, entries):
        self.connections = len(entries)
        self.failed = sum(e["connection"]["outcome"] in ("failed", "aborted") for e in entries)
        self.spans = {name: [] for name in SPANS}
        for entry in entries:
            for name, start, end in spans_of(entry):
                if start is not None and end is not None:
                    self.spans[name].append(end - start)
        for values in self.spans.values():
            values.sort()

    def check(self, test, row, what):
        test.assertEqual(row["connections"], self.connections, what)
        test.assertEqual((row["failed"], row["failedLater"]), (self.failed, 0), what)
        for name, values in self.spans.items():
            if not values:
                test.assertIsNone(row[name], what)
                continue
            told = row[name]
            test.assertEqual(told["count"], len(values), what)
            test.assertAlmostEqual(told["max"], values[-1], places=5)
            for percentile in (50, 90, 99):
                exact = values[math.ceil(len(values) * percentile / 100) - 1]
                test.assertLess(abs(told[f"p{percentile}"] - exact), exact * 0.01 + 0.001,
                                (what, name, percentile))


class ReportCase(CliCase):
    COUNT = 20_000

    @classmethod
    def set_up(cls):
        cls.path = os.path.join(cls.folder, "many.ndjson")
        with open(cls.path, "w", encoding="utf-8") as file:
            many_entries.write(file, cls.COUNT, 0, "7")
        with open(cls.path, encoding="utf-8") as file:
            cls.lines = file.read().splitlines(keepends=True)
        cls.entries = [json.loads(line) for line in cls.lines[1:-1]]

    def report(self, *args, **options):
        return json.loads(self.connspan("report", "--json", *args, **options).stdout)

    def write(self, name, lines):
        path = self.here / name
        path.write_text("".join(lines), encoding="utf-8")
        return path


class Figures(ReportCase):
    KEYS = {
        "name": lambda e: e["name"],
        "comm": lambda e: e["process"]["comm"],
        "container": lambda e: e["process"]["containerId"] or "-",
        "remote": lambda e: "{}:{}".format(
            f"[{e['connection']['remoteAddress']}]" if e["connection"]["family"] == "ipv6"
            else e["connection"]["remoteAddress"], e["connection"]["remotePort"]),
    }

    def test_the_entries_are_like_real_ones(self):
        check_schema(self.lines)

    def test_all(self):
        told = self.report(self.path)
        Exact(self.entries).check(self, told["all"], "all")
        self.assertEqual(told["entries"], self.COUNT)
        self.assertEqual([table["by"] for table in told["tables"]], ["name", "comm"])
        self.assertEqual(told["hosts"], ["shop-7"])
        self.assertEqual(told["from"], min(e["timestamp"] for e in self.entries))
        self.assertEqual(told["to"], max(e["timestamp"] for e in self.entries))

    def test_by_each_key(self):
        for by, key in self.KEYS.items():
            rows = {}
            for entry in self.entries:
                rows.setdefault(key(entry), []).append(entry)
            table, = self.report("--by", by, "--top", 100_000, self.path)["tables"]
            self.assertEqual({row["key"] for row in table["rows"]}, set(rows))
            self.assertIsNone(table["others"])
            for row in table["rows"]:
                Exact(rows[row["key"]]).check(self, row, (by, row["key"]))

    def test_failures_by_reason(self):
        reasons = {}
        for entry in self.entries:
            error = entry["connection"]["error"]
            if error:
                key = error["phase"], error["code"]
                reasons[key] = reasons.get(key, 0) + 1
        told = self.report(self.path)["failures"]
        self.assertEqual({(f["phase"], f["code"]): f["count"] for f in told}, reasons)
        self.assertEqual(sorted((f["count"] for f in told), reverse=True),
                         [f["count"] for f in told])

    def test_slowest(self):
        told = self.report("--slowest", 40, self.path)["slowest"]
        for failed in (False, True):
            slowest = sorted((e["duration"] for e in self.entries
                              if bool(e["connection"]["error"]) == failed), reverse=True)[:20]
            found = [s["duration"] for s in told if s["failed"] == failed]
            self.assertEqual(len(found), 20)
            for one, other in zip(found, slowest):
                self.assertAlmostEqual(one, other, places=5)
        self.assertEqual([s["duration"] for s in told],
                         sorted((s["duration"] for s in told), reverse=True))

    def test_times(self):
        stamps = sorted(e["timestamp"] for e in self.entries)
        since, until = stamps[5_000], stamps[15_000]
        told = self.report("--since", since, "--until", until, self.path)
        Exact([e for e in self.entries if since <= e["timestamp"] < until]).check(
            self, told["all"], "middle")
        self.assertEqual(told["entries"] + told["leftOut"], self.COUNT)
        self.assertEqual(self.report("--since", "1m", SAMPLE)["leftOut"], 4)

    def test_its_json_has_the_form_that_is_told(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        text = (host.SOURCE / "docs" / "report.schema.json").read_text(encoding="utf-8")
        validator = jsonschema.Draft202012Validator(json.loads(text))
        told = [self.report(*args) for args in
                ((self.path,), (SAMPLE,), ("--by", "comm", "--top", 1, self.path))]
        page = (host.SOURCE / "docs" / "report.md").read_text(encoding="utf-8")
        told.append(json.loads(page.split("```json\n")[1].split("```")[0]))
        for report in told:
            for error in validator.iter_errors(report):
                self.fail(f"{list(error.absolute_path)}: {error.message}")


class Files(ReportCase):
    def test_however_it_is_stored(self):
        whole = self.report(self.path)
        packed = self.here / "many.ndjson.gz"
        packed.write_bytes(gzip.compress("".join(self.lines).encode()))
        self.assertEqual(self.report(packed), whole)
        with open(packed, "rb") as file:
            self.assertEqual(self.report("-", stdin=file), whole)
        with open(self.path, "rb") as file:
            self.assertEqual(self.report("/dev/stdin", stdin=file), whole)

    def test_many_files(self):
        header, rest = self.lines[0], self.lines[1:]
        parts = [self.write(f"part-{i}", [header, *rest[i * 200:(i + 1) * 200]])
                 for i in range(101)]
        self.assertEqual(self.report(*parts), self.report(self.path))

    def test_fields_of_later_versions(self):
        lines = [self.lines[0]]
        for entry in self.entries[:100]:
            lines.append(json.dumps({"later": {"name": "no", "list": [{"phases": 1}]}, **entry,
                                     "process": {"new": [1], **entry["process"]}}) + "\n")
        lines.insert(1, '{"entryType":"connspan.later","name":"no"}\n')
        told = self.report(self.write("later", lines))
        Exact(self.entries[:100]).check(self, told["all"], "later")

    def test_what_cannot_be_read(self):
        packed = gzip.compress("".join(self.lines).encode())
        cases = {
            "schema 2, by connspan 7.1.0": self.lines[0].replace('"schema":1', '"schema":2')
                .replace('"0.1.0"', '"7.1.0"').encode(),
            "ends in the middle": packed[:len(packed) // 2],
            "not NDJSON of connspan": os.urandom(5000).replace(b"\n", b"").replace(b"\x1f", b""),
            "line 1 is not its header": b'{"log":{"version":"1.2"}}\n',
            "a line without end": b"x" * (2 << 20),
            "is empty": b"",
        }
        for say, content in cases.items():
            with self.subTest(say):
                path = self.here / "bad"
                path.write_bytes(content)
                self.assertTrue(self.refused("report", path, status=1, say=say)
                                .startswith(f"connspan: {path}: "))
        # zlib notices damage at the next checksum, a reader of lines often before
        path.write_bytes(packed[:5000] + b"damaged" + packed[5007:])
        self.refused("report", path, status=1, say=f"{path}: ")
        self.refused("report", self.folder, status=1, say="is a directory")
        self.refused("report", self.here / "missing", status=1, say="No such file")
        # the good one is told all the same
        ended = self.connspan("report", "--json", self.path, self.folder, status=1)
        self.assertEqual(json.loads(ended.stdout)["entries"], self.COUNT)

    def test_no_right_to_read(self):
        path = self.write("secret", self.lines[:3])
        os.chmod(path, 0)
        os.chmod(self.here, 0o755)
        os.chmod(self.folder, 0o755)
        prefix = (host.tool("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups")
        self.refused("report", path, status=1, say="Permission denied", prefix=prefix)

    def test_torn_last_line(self):
        path = self.write("torn", [*self.lines[:50], self.lines[50][:100]])
        ended = self.connspan("report", "--json", path)
        self.assertEqual(json.loads(ended.stdout)["entries"], 49)
        self.assertIn("the last line is cut off", ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1)

    def test_usage(self):
        for args in ((), ("--by", "size", "f"), ("--since", "soon", "f"), ("--slowest", "0", "f"),
                     ("--no-such", "f")):
            with self.subTest(args):
                self.refused("report", *args, status=2)

    def test_progress_is_for_terminals(self):
        self.assertEqual(self.connspan("report", self.path).stderr, "")
        command = f"{host.connspan()} report --json {self.path} >/dev/null"
        shown = subprocess.run([host.tool("script"), "-qec", command, "/dev/null"], timeout=60,
                               env={**os.environ, "TERM": "xterm"}, stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, check=True).stdout
        self.assertIn("reading 1 of 1: ", shown)
        self.assertTrue(shown.endswith("\033[K"), repr(shown))  # and leaves nothing behind


ASK = """
import json, socket, ssl, sys, time
own = {"connects": time.monotonic_ns()}
plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
own["secures"] = time.monotonic_ns()
context = ssl._create_unverified_context()
context.set_alpn_protocols(["http/1.1"])  # what proves it to be HTTP
secure = context.wrap_socket(plain, server_hostname="localhost")
own["secured"] = time.monotonic_ns()
time.sleep(0.1)
own["asks"] = time.monotonic_ns()
secure.sendall(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
own["asked"] = time.monotonic_ns()
got = b""
while not got.endswith(b"0123456789"):
    got += secure.recv(65536)
print(json.dumps(own))
"""


class Formulas(CliCase):
    """The programs that browsers' documentation gives, on our entries; run by node."""

    def computed(self, path):
        ended = subprocess.run([host.tool("node"), host.SCRIPTS / "mdn.mjs", path],
                               capture_output=True, text=True, timeout=60, check=True)
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def entries(self, path):
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        return [line for line in lines if line["entryType"] == "resource"]

    def check(self, path):
        """Whatever a script computes is what the entry says."""
        entries, results = self.entries(path), self.computed(path)
        self.assertEqual(len(entries), len(results))
        for entry, result in zip(entries, results):
            connect = entry["connectEnd"] - entry["connectStart"]
            secure = entry["secureConnectionStart"]
            for name in ("connectStart", "connectEnd"):
                self.assertEqual(result.get(name), connect if connect > 0 else None, entry)
            if secure and entry["requestStart"] > secure:
                self.assertEqual(result["secureConnectionStart"], entry["requestStart"] - secure)
            else:
                self.assertNotIn("secureConnectionStart", result)
        return list(zip(entries, results))

    def test_sample_with_requests(self):
        pairs = self.check(SAMPLE)
        at_once, idle, plain, reused = (result for _, result in pairs)
        self.assertEqual((at_once["secureConnectionStart"], at_once["tls"]), (7.75, 7.5))
        # 240 ms without a request pass for TLS in one formula, not in the other
        self.assertEqual((idle["secureConnectionStart"], idle["tls"]), (247.375, 7.5))
        self.assertEqual((idle["connectEnd"], idle["tcp"]), (10.25, 2.75))
        self.assertEqual((plain["connectEnd"], plain["tcp"]), (2.5, 2.5))
        self.assertEqual(set(reused), {"id", "name"})

    def test_real_requests(self):
        """One request over HTTP/1.1 and TLS, 100 ms after the handshake, by a program that looks at
        its clock: each mark lies between two looks, and so does what the formulas make of them."""
        server = programs.SlowHttp(self.certificate.cert, self.certificate.key)
        self.addCleanup(server.stop)
        ended = self.connspan("record", "--requests", "-o", self.out, "--", "/usr/bin/python3",
                              "-c", ASK, server.port)
        own = json.loads(ended.stdout)
        ((entry, result),) = self.check(self.out)
        self.assertGreater(entry["requestStart"], entry["connectEnd"])
        between = {"secureConnectionStart": (own["asks"] - own["secured"], own["asked"] - own["secures"]),
                   "tls": (0, own["secured"] - own["secures"]),
                   "connectEnd": (0, own["secured"] - own["connects"])}
        for name, (least, most) in between.items():
            self.assertTrue(least / 1e6 <= result[name] <= most / 1e6, (name, result, own))

    def test_real_connections(self):
        plain = self.server()
        secure = self.server(certificate=self.certificate)
        self.connspan("record", "-o", self.out, "--", "sh", "-c", " ; ".join([
            self.shell(self.client(plain)),
            f"curl -s -o /dev/null --insecure https://{secure.at}/", "true"]))
        pairs = self.check(self.out)
        self.assertEqual(len(pairs), 2)
        for entry, result in pairs:
            phases = entry["phases"]
            tls = phases["tlsEnd"] is not None
            self.assertAlmostEqual(result["tcp"], (phases["tlsStart"] if tls else
                                   phases["tcpEstablished"]) - phases["connectStart"], places=6)
            self.assertEqual("tls" in result, tls)
        told = json.loads(self.connspan("report", "--json", self.out).stdout)
        self.assertEqual(told["all"]["connections"], 2)
        self.assertEqual(told["all"]["tls"]["count"], 1)

    @staticmethod
    def shell(command):
        return " ".join(f"'{word}'" for word in command)


if __name__ == "__main__":
    main()
