# SPDX-License-Identifier: MIT
"""Every format, read by a program that others wrote: one run of several outputs at once."""
import json
import os
import subprocess
import time
import unittest
import urllib.parse
import urllib.request
from decimal import Decimal

from lib import consumers, host, programs
from lib.case import main
from lib.cli import CliCase
from lib.entries import File
from lib.process import PATIENCE_S, Process

SCRIPT = '"$0" --sni localhost --alpn h2,http/1.1 $1 connect tls send=x recv close; ' \
         '"$0" $2 connect send=x recv close; "$0" 127.0.0.1:1 connect; "$0" $2 connect tls'


class FormatCase(CliCase):
    names = "a.ndjson", "a.csv", "a.otlp.jsonl", "a.har", "a.trace.json", "a.prom"

    @classmethod
    def set_up(cls):
        tls = cls.server(certificate=cls.certificate)
        plain = cls.server()
        cls.path = {name.split(".", 1)[1]: os.path.join(cls.folder, name) for name in cls.names}
        outputs = [word for path in cls.path.values() for word in ("-o", path)]
        subprocess.run(
            [host.connspan(), "record", *outputs, "--", "sh", "-c", SCRIPT + "; exit 0",
             host.program("marks"), tls.at, plain.at],
            check=True, capture_output=True, timeout=120,
        )
        with open(cls.path["ndjson"], encoding="utf-8") as file:
            cls.file_read = File(file.read())
        cls.entries = cls.file_read.entries

    def text(self, name):
        with open(self.path[name], encoding="utf-8", newline="") as file:
            return file.read()


class Ndjson(FormatCase):
    def test_entries(self):
        self.file_read.check_ended()
        self.assertEqual(len(self.entries), 4)
        self.assertEqual({e.connection["outcome"] for e in self.entries}, {"connected", "failed"})


class Csv(FormatCase):
    def sqlite(self, query, path=None):
        return consumers.sqlite(path or self.path["csv"], query)

    def test_sqlite_reads_it(self):
        rows = self.sqlite("select connectionId, outcome, errorCode, comm, tlsVersion, "
                           "cast(tcpMs as real) as tcp, cast(totalMs as real) as total from entry")
        self.assertEqual([row["connectionId"] for row in rows],
                         [entry.connection["id"] for entry in self.entries])
        for row, entry in zip(rows, self.entries):
            error = entry.connection["error"]
            self.assertEqual(row["outcome"], entry.connection["outcome"])
            self.assertEqual(row["errorCode"], error["code"] if error else "")
            self.assertEqual(row["comm"], entry["process"]["comm"])
            self.assertAlmostEqual(row["total"], float(entry["duration"]))
            self.assertEqual(row["tlsVersion"], (entry["tls"] or {}).get("version") or "")
        self.assertGreater(self.sqlite("select sum(tcpMs) as s from entry")[0]["s"], 0)

    def test_is_continued_below_one_title(self):
        copy = self.here / "copy.csv"
        copy.write_bytes(self.text("csv").encode())
        self.connspan("record", "-o", copy, "--", host.program("marks"), "127.0.0.1:1", "connect")
        after = copy.read_text(encoding="utf-8")
        self.assertEqual(after.count("timestamp,"), 1)
        self.assertEqual(self.sqlite("select count(*) as n from entry", copy)[0]["n"], 5)


class Otlp(FormatCase):
    @classmethod
    def set_up(cls):
        super().set_up()
        cls.reader = consumers.Otlp()

    def spans(self):
        """[(resource attributes, {name: span})] of each line, read by protobuf's JSON mapping."""
        for line in self.text("otlp.jsonl").splitlines():
            parsed = self.reader.read(line)
            resource = parsed.resource_spans[0]
            yield attributes(resource.resource), {s.name: s for s in resource.scope_spans[0].spans}

    def test_protobuf_reads_it(self):
        lines = list(self.spans())
        self.assertEqual(len(lines), len(self.entries))
        origin_ns = int(self.file_read.header["timeOrigin"]["unixNs"])
        for (resource, spans), entry in zip(lines, self.entries):
            root = spans.pop("connection")
            self.assertEqual(resource["process.pid"], entry["process"]["pid"])
            self.assertEqual(resource["service.name"], entry["process"]["comm"])
            self.assertEqual((len(root.trace_id), len(root.span_id)), (16, 8))
            self.assertEqual(root.kind, 3)
            self.assertEqual(root.end_time_unix_nano - root.start_time_unix_nano,
                             int(entry["duration"] * 1_000_000))
            self.assertLess(abs(root.start_time_unix_nano - origin_ns
                                - int(entry["startTime"] * 1_000_000)), 10**9)
            failed = entry.connection["outcome"] == "failed"
            self.assertEqual(root.status.code, 2 if failed else 0)
            self.assertEqual(attributes(root)["network.peer.port"],
                             entry.connection["remotePort"])
            self.assertEqual("tls.handshake" in spans, bool(entry["phases"]["tlsStart"]))
            for child in spans.values():
                self.assertEqual(child.parent_span_id, root.span_id)
                self.assertEqual(child.trace_id, root.trace_id)
                self.assertLessEqual(root.start_time_unix_nano, child.start_time_unix_nano)
                self.assertLessEqual(child.end_time_unix_nano, root.end_time_unix_nano)

    def test_ids_are_unique(self):
        ids = [s.span_id for _, spans in self.spans() for s in spans.values()]
        self.assertEqual(len(ids), len(set(ids)))


class Har(FormatCase):
    @classmethod
    def set_up(cls):
        super().set_up()
        cls.schema = consumers.Har()

    def test_the_published_schema_allows_it(self):
        archive = json.loads(self.text("har"))
        self.assertEqual(self.schema.faults(archive), [])
        archive["log"]["entries"][0]["timings"].pop("send")
        self.assertTrue(self.schema.faults(archive), "the schema allows anything")

    def test_timings(self):
        found = json.loads(self.text("har"), parse_float=Decimal)["log"]["entries"]
        self.assertEqual(len(found), len(self.entries))
        for har, entry in zip(found, self.entries):
            parts = har["timings"]
            known = {name: value for name, value in parts.items() if value != -1}
            self.assertEqual(sum(known.values()) - known.get("ssl", 0), har["time"])  # HAR 1.2
            self.assertEqual(har["time"], entry["duration"])
            self.assertLessEqual(parts["ssl"], parts["connect"])
            self.assertEqual(har["connection"], entry.connection["id"])
            self.assertEqual(har["_connspan"], entry)
            if entry["secureConnectionStart"]:
                self.assertEqual(parts["ssl"], entry["connectEnd"] - entry["secureConnectionStart"])
                self.assertEqual(parts["connect"], entry["connectEnd"] - entry["connectStart"])
            error = entry.connection["error"]
            self.assertEqual(har["response"].get("_error"), error and error["code"])


class Trace(FormatCase):
    """As Trace Event Format says of nestable asynchronous events; the viewer: test_trace_viewer.py."""

    def test_every_event_has_what_its_phase_needs(self):
        needs = {"b": "cat id pid tid ts name", "e": "cat id pid tid ts name",
                 "n": "cat id pid tid ts name", "M": "cat pid tid ts name args"}
        for event in json.loads(self.text("trace.json"))["traceEvents"]:
            self.assertGreaterEqual(set(event), set(needs[event["ph"]].split()), event)

    def test_events_nest(self):
        stacks, last = {}, {}
        events = json.loads(self.text("trace.json"), parse_float=Decimal)["traceEvents"]
        spans = []
        for event in events:
            if event["ph"] == "M":
                continue
            key = event["cat"], event["id"], event["pid"]
            self.assertGreaterEqual(event["ts"], last.get(key, 0), event)
            last[key] = event["ts"]
            stack = stacks.setdefault(key, [])
            if event["ph"] == "b":
                stack.append(event)
            elif event["ph"] == "e":
                begun = stack.pop()
                self.assertEqual(begun["name"], event["name"])
                spans.append((event["id"], event["name"], event["ts"] - begun["ts"]))
            else:
                self.assertTrue(stack, event)
        self.assertFalse(any(stacks.values()), "something did not end")
        for entry in self.entries:
            own = {name: span for number, name, span in spans if number == str(entry["id"])}
            self.assertEqual(own[entry["name"]], entry["duration"] * 1000)
            phases = entry["phases"]
            if phases["tlsEnd"]:
                self.assertEqual(own["TLS"], (phases["tlsEnd"] - phases["tlsStart"]) * 1000)

    def test_processes_have_names(self):
        events = json.loads(self.text("trace.json"))["traceEvents"]
        names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
        self.assertEqual(names, {e["process"]["pid"]: e["process"]["comm"] for e in self.entries})


class Prometheus(FormatCase):
    def fetch(self, url):
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()

    def wait(self, look):
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                found = look()
            except OSError:
                found = None
            if found or time.monotonic() > end:
                return found
            time.sleep(0.1)

    def test_promtool_finds_no_fault(self):
        self.assertEqual(consumers.promtool(self.text("prom")), (0, ""))
        self.assertEqual(os.stat(self.path["prom"]).st_mode & 0o777, 0o644)

    def test_is_scraped_and_queried(self):
        exporter, prometheus = programs.free_port(), programs.free_port()
        started = Process([
            host.tool("prometheus-node-exporter"), "--collector.disable-defaults",
            "--collector.textfile", f"--collector.textfile.directory={self.folder}",
            f"--web.listen-address=127.0.0.1:{exporter}"])
        self.addCleanup(started.stop)
        scraped = self.wait(lambda: self.fetch(f"http://127.0.0.1:{exporter}/metrics"))
        self.assertIn("node_textfile_scrape_error 0", scraped)
        self.assertIn('connspan_connections_total{comm="marks"', scraped)
        config = self.here / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
            f"scrape_configs: [{{job_name: a, static_configs: [{{targets: ['127.0.0.1:{exporter}']"
            "}]}]\n", encoding="ascii")
        started = Process([
            host.tool("prometheus"), f"--config.file={config}",
            f"--storage.tsdb.path={self.here / 'data'}",
            f"--web.listen-address=127.0.0.1:{prometheus}"])
        self.addCleanup(started.stop)
        at = f"http://127.0.0.1:{prometheus}/api/v1/query?query="

        def ask(query):
            return json.loads(self.fetch(at + urllib.parse.quote(query)))["data"]["result"]

        counted = self.wait(lambda: ask("connspan_connections_total"))
        self.assertEqual({r["metric"]["outcome"]: r["value"][1] for r in counted},
                         {"connected": "2", "failed": "2"})
        (median,) = ask("histogram_quantile(0.5, connspan_tcp_connect_seconds_bucket)")
        self.assertGreater(float(median["value"][1]), 0)
        (total,) = ask("connspan_tls_handshake_seconds_sum")
        took = sum(float(e["phases"]["tlsEnd"] - e["phases"]["tlsStart"]) / 1000
                   for e in self.entries if e["phases"]["tlsEnd"])
        self.assertAlmostEqual(float(total["value"][1]), took, places=8)

    def test_is_renewed_while_it_runs(self):
        path = self.here / "live.prom"
        process = Process([host.connspan(), "record", "-p", os.getpid(), "-o", path])
        self.addCleanup(process.stop)
        process.wait_line("connspan: tracing", "stderr")
        self.assertTrue(self.wait(lambda: path.stat().st_size), "nothing before the first entry")
        before = path.stat().st_ino
        subprocess.run(programs.marks_command("127.0.0.1:1", "connect"), check=False,
                       capture_output=True, timeout=PATIENCE_S)
        self.assertTrue(self.wait(lambda: "connspan_connections_total{" in path.read_text()))
        self.assertNotEqual(path.stat().st_ino, before, "written in place")


def attributes(holder):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in holder.attributes}


if __name__ == "__main__":
    main()
