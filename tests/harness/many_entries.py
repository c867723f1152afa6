#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes an NDJSON file of made-up connections: many_entries.py COUNT|SIZE{K,M,G} [SEED] > FILE

The same arguments give the same bytes. It looks like a day of a busy host: a few programs that talk
to a few dozen names, a long tail, slow and failing destinations, an hour in which one gets worse.
For benchmarks and for the tests of `connspan report`; what real traffic looks like, live tests see.
"""
import datetime
import json
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORIGIN_MONOTONIC_NS = 81_000_000_000
ORIGIN_UNIX_S = 1_795_244_400  # 2026-11-21T07:00:00Z
DAY_MS = 12 * 3600 * 1000

# comm, executable, weight, container
PROGRAMS = (
    ("checkout", "/srv/checkout/bin/checkout", 26, "c1"), ("curl", "/usr/bin/curl", 8, None),
    ("python3", "/usr/bin/python3.11", 14, None), ("node", "/usr/bin/node", 20, "c2"),
    ("java", "/usr/lib/jvm/bin/java", 18, "c3"), ("nginx", "/usr/sbin/nginx", 10, None),
    ("backup", "/usr/local/bin/backup", 2, None), ("wget", "/usr/bin/wget", 2, None),
)
# name, address, median TCP ms, median TLS ms (None: plain), share of failures
SERVICES = (
    ("https://api.shop.example/", "198.51.100.10", 9, 14, 0.002),
    ("https://payments.example/", "203.0.113.40", 38, 61, 0.012),
    ("https://auth.shop.example/", "198.51.100.12", 8, 12, 0.001),
    ("https://cdn.example/", "203.0.113.7", 4, 9, 0.001),
    ("tcp://10.0.4.17:5432", "10.0.4.17", 0.4, None, 0.0005),
    ("tcp://10.0.4.20:6379", "10.0.4.20", 0.2, None, 0.0002),
    ("tls://mail.example:465", "2001:db8::25", 21, 44, 0.01),
    ("https://telemetry.vendor.example/", "192.0.2.90", 84, 130, 0.06),
    ("tcp://192.0.2.200:9", "192.0.2.200", 1, None, 0.97),
)
SERVICE_WEIGHTS = (30, 10, 12, 12, 14, 12, 2, 6, 1)
TCP_ERRORS = (("tcp", "ECONNREFUSED"), ("tcp", "ETIMEDOUT"), ("tcp", "EHOSTUNREACH"))
TLS_ERRORS = (("tls", "unknown_ca"), ("tls", "handshake_failure"), ("tls", "eof"), ("tls", "reset"))

ENTRY = (
    '{"entryType":"resource","id":%d,"name":%s,"startTime":%.6f,"duration":%.6f,'
    '"navigationId":"","initiatorType":"other","deliveryType":"","nextHopProtocol":"",'
    '"workerStart":0,"redirectStart":0,"redirectEnd":0,"fetchStart":%.6f,'
    '"domainLookupStart":%.6f,"domainLookupEnd":%.6f,"connectStart":%.6f,"connectEnd":%.6f,'
    '"secureConnectionStart":%.6f,"requestStart":0.000000,"finalResponseHeadersStart":0.000000,'
    '"firstInterimResponseStart":0.000000,"responseStart":0.000000,"responseEnd":%.6f,'
    '"workerRouterEvaluationStart":0,"workerCacheLookupStart":0,"workerMatchedRouterSource":"",'
    '"workerFinalRouterSource":"","transferSize":null,"encodedBodySize":null,'
    '"decodedBodySize":null,"responseStatus":0,"renderBlockingStatus":"non-blocking",'
    '"contentType":"","contentEncoding":"","timestamp":"%s","phases":{"domainLookupStart":null,'
    '"domainLookupEnd":null,"connectStart":%s,'
    '"tcpEstablished":%s,"tlsStart":%s,"tlsEnd":%s,"failed":%s},"connection":{"id":"%d",'
    '"role":"client","outcome":"%s","error":%s,"localAddress":"%s","localPort":%d,'
    '"remoteAddress":"%s","remotePort":%d,"family":"%s","netns":4026531833,'
    '"tcpEstablished":%s,"synRetransmits":%d,"rttUs":%d,"reused":false,'
    '"startSource":"fentry","tfo":false,"raceStart":null,"preexisting":false,"late":false,'
    '"flags":[]},"process":{"pid":%d,"tid":%d,"comm":%s,"thread":%s,"exe":%s,"uid":1000,'
    '"cgroup":"%s","containerId":%s},"tls":%s,"proxy":null,"request":null}\n')
TLS = ('{"version":"1.3","cipher":"TLS_AES_256_GCM_SHA384","alpn":null,'
       '"alpnOffered":["h2","http/1.1"],"serverName":%s,"resumed":%s,"earlyData":false,'
       '"helloRetry":false,"library":"/usr/lib/x86_64-linux-gnu/libssl.so.3",'
       '"startSource":"uprobe","endSource":"uprobe","boundBy":"thread","calls":3}')


def header():
    anchor = {"monotonicNs": ORIGIN_MONOTONIC_NS, "unixNs": ORIGIN_UNIX_S * 10**9}
    hooks = {"connect": "fentry", "state": "tp_btf", "wire": "cgroup_skb", "tls": "uprobe_multi",
             "discovery": "mmap2"}
    return compact({"entryType": "connspan.header", "schema": 1, "version": "0.1.0",
                    "timeOrigin": anchor, "clock": anchor, "host": "shop-7", "bootId": "",
                    "kernel": "6.12.30", "hooks": hooks})


def stats(entries, failures):
    schema = json.loads((ROOT / "docs" / "entry.schema.json").read_text(encoding="utf-8"))
    losses = dict.fromkeys(schema["$defs"]["losses"]["required"], 0)
    return compact({"entryType": "connspan.stats", "entries": entries, "failures": failures,
                    "dropped": losses, "total": losses})


def compact(value):
    return json.dumps(value, separators=(",", ":")) + "\n"


def mark(value):
    return "null" if value is None else f"{value:.6f}"


class Host:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.containers = {key: self.random.randbytes(32).hex() for key in ("c1", "c2", "c3")}
        self.number = 0
        self.failures = 0

    def service(self):
        """Mostly the known ones, else one of a long tail."""
        if self.random.random() < 0.93:
            return self.random.choices(SERVICES, SERVICE_WEIGHTS)[0]
        tail = int(self.random.paretovariate(0.7)) % 40_000
        address = f"100.64.{tail >> 8 & 255}.{tail & 255}"
        return f"https://host-{tail}.tail.example/", address, 30 + tail % 90, 40 + tail % 70, 0.02

    def wait(self, median, at_ms, name):
        worse = 4 if "payments" in name and 0.55 < at_ms / DAY_MS < 0.65 else 1
        return median * worse * self.random.lognormvariate(0, 0.45)

    def entry(self, at_ms):
        name, address, tcp_ms, tls_ms, failing = self.service()
        comm, exe, _, container = self.random.choices(PROGRAMS, [row[2] for row in PROGRAMS])[0]
        established = at_ms + self.wait(tcp_ms, at_ms, name)
        retries = 0
        if self.random.random() < 0.004:
            retries = 1
            established += 1000
        phases = {"connect": at_ms, "tcp": established, "tls": None, "end": None, "failed": None}
        error = None
        if self.random.random() < failing:
            error = self.fail(phases, tls_ms)
        elif tls_ms:
            phases["tls"] = established + self.wait(0.3, at_ms, "")
            phases["end"] = phases["tls"] + self.wait(tls_ms, at_ms, name)
        return self.line(at_ms, (name, address, tls_ms), (comm, exe, container), phases, error,
                         retries)

    def fail(self, phases, tls_ms):
        self.failures += 1
        if tls_ms and self.random.random() < 0.5:
            phases["tls"] = phases["tcp"] + 0.3
            phases["failed"] = phases["tls"] + tls_ms
            return self.random.choice(TLS_ERRORS)
        code = self.random.choice(TCP_ERRORS)
        slow = {"ETIMEDOUT": 7000, "EHOSTUNREACH": 3000}.get(code[1], 0)
        phases["failed"] = phases["tcp"] + slow
        phases["tcp"] = None
        return code

    def line(self, at_ms, service, program, phases, error, retries):
        self.number += 1
        name, address, tls_ms = service
        comm, exe, container = program
        pick = self.random
        end = phases["failed"] or phases["end"] or phases["tcp"]
        when = datetime.datetime.fromtimestamp(ORIGIN_UNIX_S, datetime.timezone.utc)
        when += datetime.timedelta(milliseconds=at_ms)
        shown = (0, 0, 0, 0, 0) if error else (at_ms, at_ms, at_ms, end, phases["tls"] or 0)
        pid = 1000 + len(exe) * 977 + pick.randrange(40)
        container = self.containers.get(container)
        host = name.split("/")[2]
        tls = "null"
        if phases["tls"] is not None:
            tls = TLS % (json.dumps(host.split(":")[0]), pick.choice(("true", "false", "false")))
        failed = {"phase": error[0], "code": error[1], "detail": None} if error else None
        return ENTRY % (
            self.number, json.dumps(name), at_ms, end - at_ms, at_ms, *shown, end,
            when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond:06d}{pick.randrange(1000):03d}Z",
            mark(at_ms), mark(phases["tcp"]), mark(phases["tls"]), mark(phases["end"]),
            mark(phases["failed"]), 406334318117504 + self.number * 64,
            "failed" if error else "connected", compact(failed).strip(), "10.0.0.7",
            pick.randrange(32768, 61000), address,
            443 if host.count(":") == 0 else int(host.rsplit(":", 1)[1]),
            "ipv6" if ":" in address else "ipv4", mark(phases["tcp"]), retries,
            pick.randrange(200, 90_000), pid, pid, json.dumps(comm), json.dumps(comm),
            json.dumps(exe), f"/system.slice/docker-{container}.scope" if container else "/",
            json.dumps(container), tls)


def write(to, count, size, seed):
    """The moments are spread over half a day, in order, however many there are."""
    host = Host(seed)
    first = header()
    to.write(first)
    written = len(first)
    expected = count or size / 1680
    at_ms = 100.0
    while (count and host.number < count) or (size and written < size):
        at_ms += host.random.expovariate(expected / DAY_MS)
        line = host.entry(at_ms)
        written += len(line)
        to.write(line)
    to.write(stats(host.number, host.failures))


def main(arguments):
    if not 1 <= len(arguments) <= 2:
        sys.exit(__doc__)
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(arguments[0][-1])
    size = int(arguments[0][:-1]) * unit if unit else 0
    write(sys.stdout, 0 if unit else int(arguments[0]), size, (arguments[1:] or ["1"])[0])


if __name__ == "__main__":
    main(sys.argv[1:])
