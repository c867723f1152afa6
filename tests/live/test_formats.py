# SPDX-License-Identifier: MIT
"""Every format, read by a program that others wrote: one run of several outputs at once."""
import base64
import json
import os
import subprocess

from lib import host
from lib.case import main
from lib.cli import CliCase
from lib.entries import File

OTLP = host.SOURCE / "tests" / "live" / "otlp"
TRACE_PROTO = "opentelemetry/proto/trace/v1/trace.proto"
SCRIPT = '"$0" --sni localhost --alpn h2,http/1.1 $1 connect tls send=x recv close; ' \
         '"$0" $2 connect send=x recv close; "$0" 127.0.0.1:1 connect; "$0" $2 connect tls'


class FormatCase(CliCase):
    names = "a.ndjson", "a.csv", "a.otlp.jsonl"

    @classmethod
    def set_up(cls):
        tls = cls.server(certificate=cls.certificate)
        plain = cls.server()
        cls.path = {name.split(".")[-1]: os.path.join(cls.folder, name) for name in cls.names}
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
        ended = subprocess.run(
            [host.tool("sqlite3"), "-json", ":memory:", f".import --csv {path or self.path['csv']} entry",
             query], capture_output=True, text=True, check=True, timeout=30,
        )
        self.assertEqual(ended.stderr, "")
        return json.loads(ended.stdout or "[]")

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
        compiler = host.tool("protoc")
        built = os.path.join(cls.folder, "trace.binpb")
        subprocess.run([compiler, f"-I{OTLP}", "--include_imports", "-o", built, TRACE_PROTO],
                       check=True, timeout=60)
        from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
        pool = descriptor_pool.DescriptorPool()
        with open(built, "rb") as file:
            for part in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
                pool.Add(part)
        name = pool.FindMessageTypeByName("opentelemetry.proto.trace.v1.TracesData")
        cls.message = message_factory.MessageFactory(pool).GetPrototype(name)
        cls.parse = staticmethod(json_format.ParseDict)

    def spans(self):
        """[(resource attributes, {name: span})] of each line, read by protobuf's JSON mapping."""
        for line in self.text("jsonl").splitlines():
            data = json.loads(line)
            for span in data["resourceSpans"][0]["scopeSpans"][0]["spans"]:
                for key in "traceId", "spanId", "parentSpanId":  # OTLP alone says hex
                    if key in span:
                        span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
            parsed = self.parse(data, self.message())  # refuses unknown fields and wrong types
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


def attributes(holder):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in holder.attributes}


if __name__ == "__main__":
    main()
