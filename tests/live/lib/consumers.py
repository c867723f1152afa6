# SPDX-License-Identifier: MIT
"""Programs and schemas that others wrote, which read our formats: each refuses what it must not take."""
import base64
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from . import host

OTLP = host.SOURCE / "tests" / "live" / "otlp"
TRACE_PROTO = "opentelemetry/proto/trace/v1/trace.proto"
HAR_SCHEMA = Path("/usr/share/nodejs/har-schema/lib")


def sqlite(path, query):
    """The rows of a CSV file as dictionaries; a complaint about a line of it is a failure."""
    ended = subprocess.run(
        [host.tool("sqlite3"), "-json", ":memory:", f".import --csv {path} entry", query],
        capture_output=True, text=True, check=True, timeout=60,
    )
    if ended.stderr:
        raise AssertionError(ended.stderr)
    return json.loads(ended.stdout or "[]")


class Otlp:
    """OTLP/JSON through protobuf's JSON mapping, which refuses unknown fields and wrong types."""

    def __init__(self):
        from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
        pool = descriptor_pool.DescriptorPool()
        with tempfile.TemporaryDirectory() as folder:
            built = os.path.join(folder, "trace.binpb")
            subprocess.run([host.tool("protoc"), f"-I{OTLP}", "--include_imports", "-o", built,
                            TRACE_PROTO], check=True, timeout=60)
            with open(built, "rb") as file:
                for part in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
                    pool.Add(part)
        name = pool.FindMessageTypeByName("opentelemetry.proto.trace.v1.TracesData")
        self.message = message_factory.MessageFactory(pool).GetPrototype(name)
        self.parse = json_format.ParseDict

    def read(self, line):
        data = json.loads(line)
        for span in data["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            for key in "traceId", "spanId", "parentSpanId":  # OTLP alone says hex
                if key in span:
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
        return self.parse(data, self.message())


class Har:
    """The published JSON schema of HAR 1.2."""

    def __init__(self):
        import jsonschema
        if not HAR_SCHEMA.exists():
            raise unittest.SkipTest("node-har-schema is not installed")
        parts = {path.name: json.loads(path.read_text()) for path in HAR_SCHEMA.glob("*.json")}
        store = {part["$id"]: part for part in parts.values()}
        resolver = jsonschema.RefResolver("", parts["har.json"], store)
        self.validator = jsonschema.Draft6Validator(
            parts["har.json"], resolver=resolver, format_checker=jsonschema.FormatChecker())

    def faults(self, archive):
        return [str(error) for error in self.validator.iter_errors(archive)]


def promtool(text):
    """What promtool has to say about a textfile: its status and its words."""
    ended = subprocess.run([host.tool("promtool"), "check", "metrics"], check=False, input=text,
                           capture_output=True, text=True, timeout=30)
    return ended.returncode, ended.stdout + ended.stderr
