# SPDX-License-Identifier: MIT
"""The NDJSON file read back, and the rules every line of it must keep."""
import json
from decimal import Decimal

from . import host

# Resource Timing's order; zeros and nulls are skipped.
ORDER = (
    "startTime domainLookupStart domainLookupEnd connectStart secureConnectionStart connectEnd "
    "requestStart responseStart firstInterimResponseStart finalResponseHeadersStart responseEnd"
).split()

# What a host tracer cannot know is constant in every entry, and what of a request no connection has.
ZERO = "workerStart redirectStart redirectEnd".split()
OF_REQUESTS = (
    "requestStart firstInterimResponseStart finalResponseHeadersStart responseStart responseStatus"
).split()
MARKS = "domainLookupStart domainLookupEnd connectStart connectEnd".split()

# Counters of what costs no entry.
NO_LOSS = ["library", "hook", "marksDisagree"]


class Entry(dict):
    """One line. Times are milliseconds as Decimal: not a nanosecond is lost."""

    def __init__(self, fields, origin_ns):
        super().__init__(fields)
        self.origin_ns = origin_ns

    def mark_ns(self, name):
        """An attribute as CLOCK_MONOTONIC nanoseconds; None where it is 0."""
        return self.origin_ns + int(self[name] * 1_000_000) if self[name] else None

    def ns(self, phase):
        """A phase as CLOCK_MONOTONIC nanoseconds; None when it was not reached."""
        value = self["phases"][phase]
        return None if value is None else self.origin_ns + int(value * 1_000_000)

    @property
    def connection(self):
        return self["connection"]

    @property
    def key(self):
        return self["process"]["pid"], self.connection["localPort"]


class Growing:
    """A file that is being written: each line is parsed once, a line half written is left for later."""

    def __init__(self, path):
        self.path = path
        self.offset = 0
        self.origin_ns = 0
        self.found = []

    def entries(self):
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            fresh = file.read()
        fresh = fresh[: fresh.rfind(b"\n") + 1]
        self.offset += len(fresh)
        for line in fresh.splitlines():
            self._take(parse(line))
        return self.found

    def _take(self, fields):
        if fields["entryType"] == "connspan.header":
            self.origin_ns = origin_ns_of(fields)
        elif fields["entryType"] != "connspan.stats":
            self.found.append(Entry(fields, self.origin_ns))


def parse(line):
    return json.loads(line, parse_float=Decimal)


def origin_ns_of(header):
    return int(header["timeOrigin"]["monotonicNs"])


class File:
    """A file that ended in order: header, entries, stats."""

    def __init__(self, text):
        self.lines = text.splitlines()
        parsed = [parse(line) for line in self.lines]
        check(parsed, "the file is empty")
        self.header = parsed[0]
        check(self.header["entryType"] == "connspan.header", "the first line is no header")
        origin_ns = origin_ns_of(self.header)
        kinds = {}
        for fields in parsed[1:]:
            kinds.setdefault(fields["entryType"], []).append(fields)
        self.stats = kinds.pop("connspan.stats", [])
        self.headers = kinds.pop("connspan.header", [])
        self.entries = [Entry(f, origin_ns) for kind in kinds.values() for f in kind]

    def check_ended(self):
        """Everything that holds for a whole file, whatever was traced."""
        check(not self.headers, "a second header line")
        last = json.loads(self.lines[-1])
        check(last["entryType"] == "connspan.stats", f"the last line is no stats: {last}")
        check(last["entries"] == len(self.entries), f"{last} but {len(self.entries)} entries")
        ids = [e.connection["id"] for e in self.entries
               if not e.connection["late"] and not e.connection["reused"]]
        check(len(ids) == len(set(ids)), "a connection.id was used twice")
        for entry in self.entries:
            check_entry(entry)
        check_schema(self.lines)

    @property
    def lost(self):
        """{counter: total} of what was lost. A library that cannot be probed costs no entry, marks
        that disagree are there and flagged, and what a skipped hook costs its test misses."""
        total = self.stats[-1]["total"]
        return {name: count for name, count in total.items() if count and name not in NO_LOSS}


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def check_order(entry):
    marks = [(name, entry[name]) for name in ORDER if entry.get(name)]
    for (before, a), (after, b) in zip(marks, marks[1:]):
        check(a <= b, f"{before} {a} is after {after} {b}: {show(entry)}")
    check("order" not in entry.connection["flags"], f"flagged: {show(entry)}")


def check_reused(entry):
    """The reuse rule: the marks are fetchStart, that of TLS is 0 without it."""
    secure = entry["fetchStart"] if entry["tls"] else 0
    check(entry["secureConnectionStart"] == secure, f"secure of a reused one: {show(entry)}")
    for name in MARKS:
        check(entry[name] == entry["fetchStart"], f"{name} of a reused one: {show(entry)}")
    check(entry["requestStart"] == entry["fetchStart"], f"fetchStart: {show(entry)}")


def check_entry(entry):
    check_order(entry)
    for name in ZERO if entry["request"] else ZERO + OF_REQUESTS:
        check(entry[name] == 0, f"{name} is not 0: {show(entry)}")
    check(entry["fetchStart"] == entry["startTime"], f"fetchStart: {show(entry)}")
    check(entry["duration"] == entry["responseEnd"] - entry["startTime"], f"sum: {show(entry)}")
    responded = entry["finalResponseHeadersStart"]
    check(entry["responseStart"] == (entry["firstInterimResponseStart"] or responded),
          f"responseStart: {show(entry)}")
    if entry.connection["reused"] and (responded or not entry.connection["error"]):
        check_reused(entry)
    if entry.connection["error"] and not responded:
        for name in ("connectStart", "secureConnectionStart", "connectEnd"):
            check(entry[name] == 0, f"{name} of a failure is not 0: {show(entry)}")
    if entry["tls"] is None:
        check(not entry["secureConnectionStart"], f"secure without TLS: {show(entry)}")


def check_schema(lines, most=300):
    """Against docs/entry.schema.json; of a long file the first and the last lines."""
    try:
        import jsonschema
    except ImportError:
        return
    path = host.SOURCE / "docs" / "entry.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    for line in lines if len(lines) <= 2 * most else lines[:most] + lines[-most:]:
        error = jsonschema.exceptions.best_match(validator.iter_errors(json.loads(line)))
        check(not error, f"{error and error.message} in {line}")


def show(entry):
    return json.dumps(entry, default=str)
