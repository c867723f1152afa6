# SPDX-License-Identifier: MIT
"""Clients that look names up, and what is expected of their entries."""
import json
import subprocess

from . import host
from .case import LiveCase
from .names import Names
from .process import Process

DELAY_MS = Names.DELAY_MS

# Connects by the name given and says when it looked up and connected.
CLIENT = """
import json, os, socket, sys, time
host, port = sys.argv[1], int(sys.argv[2])
marks = {"pid": os.getpid(), "dnsStart": time.monotonic_ns()}
family, *_, address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0]
marks["dnsEnd"] = time.monotonic_ns()
with socket.socket(family, socket.SOCK_STREAM) as client:
    client.connect(address)
    marks["localPort"] = client.getsockname()[1]
    client.sendall(b"x")
    client.recv(1)
print(json.dumps(marks))
"""


class DnsCase(LiveCase):
    @classmethod
    def set_up(cls):
        host.tool("dnsmasq")
        cls.names = Names()
        cls.addClassCleanup(cls.names.close)
        cls.plain = cls.server(address=Names.SERVER, inside=cls.names.router)

    def setUp(self):
        self.names.use(Names.SERVER)

    def run_inside(self, *args, status=0):
        ended = subprocess.run(self.names.inside(*args), capture_output=True, text=True,
                               timeout=60, check=False)
        self.assertEqual(ended.returncode, status, ended.stderr)
        return ended.stdout

    def serve_web(self):
        web = Process(self.names.router.inside(host.tool("python3"), "-um", "http.server",
                                               "--bind", Names.SERVER, 8080))
        self.addCleanup(web.stop)
        web.wait_line("Serving HTTP")

    def python(self, name):
        text = self.run_inside(host.tool("python3"), "-c", CLIENT, name, self.plain.port)
        return json.loads(text)

    def connected_by(self, name, own):
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assertEqual(entry["name"], f"tcp://{name}:{self.plain.port}")
        return entry

    def assert_lookup(self, entry, own=None):
        """The marks of a lookup; `own` measured it around the call."""
        start, end = (entry.origin_ns + int(entry[mark] * 1_000_000)
                      for mark in ("domainLookupStart", "domainLookupEnd"))
        self.assertEqual(entry["startTime"], entry["domainLookupStart"])
        self.assertGreaterEqual(end - start, DELAY_MS * 1_000_000)
        self.assertGreaterEqual(entry["connectStart"], entry["domainLookupEnd"])
        if own:
            self.assertGreaterEqual(start, own["dnsStart"])
            self.assertLessEqual(end, own["dnsEnd"])


class CallCase(DnsCase):
    def assert_call(self, entry, own):
        start, end = (entry.origin_ns + int(entry[mark] * 1_000_000)
                      for mark in ("domainLookupStart", "domainLookupEnd"))
        self.assertEqual(entry["startTime"], entry["domainLookupStart"])
        self.assertGreaterEqual(start, own["dnsStart"])
        self.assertLess(start, end)
        self.assertLessEqual(end, own["dnsEnd"])
