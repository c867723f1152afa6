# SPDX-License-Identifier: MIT
"""Lookups: whose marks and whose name, against a real name server that takes 20 ms; races."""
import json
import subprocess

from lib import host, programs
from lib.case import LiveCase, main
from lib.names import Names
from lib.process import Process

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


NSCD_CONF = """
enable-cache hosts yes
check-files hosts no
shared hosts no
persistent hosts no
enable-cache passwd no
enable-cache group no
enable-cache services no
enable-cache netgroup no
"""

# $0 is nscd, whose socket and files are in a mount namespace of this shell; then the client, twice.
BY_NSCD = """
mkdir -p /run/nscd /var/cache/nscd
mount -t tmpfs none /run/nscd
mount -t tmpfs none /var/cache/nscd
"$0" --foreground >/dev/null 2>&1 </dev/null &
until [ -S /run/nscd/socket ]; do kill -0 $!; done
"$@" && "$@"
status=$?
kill $!
exit $status
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


class Packets(DnsCase):
    """What the process itself sends and receives."""

    options = ("--no-uretprobes",)

    def test_glibc(self):
        for name in ("shop.example", "www.shop.example", "deep.example", "both.example"):
            with self.subTest(name):
                own = self.python(name)
                self.assert_lookup(self.connected_by(name, own), own)

    def test_hosts_file(self):
        """No packet, and no probe on getaddrinfo that may tell."""
        self.names.hosts(f"{Names.SERVER} quiet.example")
        entry = self.entry_of(self.python("quiet.example"))
        self.assertEqual(entry["name"], f"tcp://{Names.SERVER}:{self.plain.port}")
        self.assertEqual(entry["domainLookupStart"], entry["domainLookupEnd"])

    def test_truncated_answer(self):
        """The answer fits no datagram: it is asked for again by TCP."""
        own = self.python("big.example")
        entry = self.tracer.wait_entry(lambda e: e.key == (own["pid"], own["localPort"]))
        self.assert_lookup(entry, own)
        self.assertGreaterEqual(entry["domainLookupEnd"] - entry["domainLookupStart"], 2 * DELAY_MS)

    def test_tcp_from_the_start(self):
        self.names.use(Names.SERVER, options="use-vc timeout:1 attempts:1")
        own = self.python("both.example")
        self.assert_lookup(self.connected_by("both.example", own), own)

    def test_repeated_query(self):
        """The first server does not answer, the second one is asked a second later: one lookup."""
        self.names.use(Names.BLACKHOLE, Names.SERVER)
        own = self.python("shop.example")
        entry = self.connected_by("shop.example", own)
        self.assert_lookup(entry, own)
        self.assertGreater(entry["domainLookupEnd"] - entry["domainLookupStart"], 900)

    def test_stub(self):
        """What a resolver of this host asks on behalf of a program is not looked up by the
        resolver."""
        self.names.serve_stub()
        self.names.use(Names.STUB)
        own = self.python("shop.example")
        self.assert_lookup(self.connected_by("shop.example", own), own)
        ask = 'import socket; socket.getaddrinfo("stub.no.example", 80)'
        self.run_inside(host.tool("python3"), "-c", ask, status=1)
        self.python("both.example")  # what is told after it is told by then
        named = self.tracer.wait_entries(lambda e: e["name"] == "tcp://stub.no.example")
        self.assertEqual(len(named), 1, named)
        self.assert_failed(named[0], "dns", "NXDOMAIN")
        self.assertNotIn(named[0]["process"]["pid"], [p.pid for p in self.names.processes])

    def test_several_names_of_one_address(self):
        """The last one asked for before connect()."""
        connect = f"""
import socket
for name in "both.example", "shop.example", "deep.example":
    address = socket.getaddrinfo(name, {self.plain.port}, socket.AF_INET, socket.SOCK_STREAM)[0][4]
with socket.create_connection(address) as client:
    client.sendall(b"x"); client.recv(1); print(client.getsockname()[1])
"""
        port = int(self.run_inside(host.tool("python3"), "-c", connect))
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == port)
        self.assertEqual(entry["name"], f"tcp://deep.example:{self.plain.port}")
        self.assert_lookup(entry)

    def test_go(self):
        """Go's own resolver, by httptrace's clock."""
        self.serve_web()
        text = self.run_inside(host.program("httptrace"), self.certificate.cert,
                               "http://shop.example:8080/", 1)
        (own,) = programs.json_lines(text)
        entry = self.entry_of(own)
        self.assert_lookup(entry, {"dnsStart": own["dnsStart"], "dnsEnd": own["dnsDone"]})

    def test_node(self):
        script = f'require("net").connect({self.plain.port}, "shop.example").end("x")'
        self.run_inside(host.tool("node"), "-e", script)
        entry = self.entry_to(self.plain.port)
        self.assert_lookup(entry)

    def test_curl(self):
        """time_namelookup is counted from the start of the transfer. (Nobody answers its request.)"""
        text = self.run_inside(host.tool("curl"), "-s", "-o", "/dev/null", "--http0.9", "-w",
                               "%{local_port} %{time_namelookup}",
                               "--max-time", 1, f"http://www.shop.example:{self.plain.port}/",
                               status=28)
        port, seconds = text.split()
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == int(port))
        self.assert_lookup(entry)
        self.assertLess(entry["domainLookupEnd"] - entry["domainLookupStart"],
                        float(seconds) * 1000)


class Failures(DnsCase):
    options = ("--no-uretprobes",)

    def lose(self, name, code, *servers):
        self.names.use(*servers)
        ask = f'import socket; socket.getaddrinfo("{name}", 80)'
        self.run_inside(host.tool("python3"), "-c", ask, status=1)
        entry = self.tracer.wait_entry(lambda e: e["name"] == f"tcp://{name}")
        self.assert_failed(entry, "dns", code)
        self.assertIsNone(entry.connection["remoteAddress"])
        self.assertIsNone(entry.connection["remotePort"])
        self.assertIsNone(entry.connection["family"])
        self.assertEqual(entry.connection["netns"], self.names.client.inode)
        self.assertTrue(entry["process"]["exe"].rpartition("/")[2].startswith("python3"), entry)
        return entry

    def test_nxdomain(self):
        self.lose("no.example", "NXDOMAIN", Names.SERVER)

    def test_servfail(self):
        self.lose("shop.example", "SERVFAIL", Names.FAILING)

    def test_timeout(self):
        self.lose("gone.example", "timeout", Names.BLACKHOLE)

    def test_the_second_server_knows(self):
        """One lookup, no failure."""
        self.names.use(Names.FAILING, Names.SERVER)
        own = self.python("shop.example")
        entry = self.connected_by("shop.example", own)
        self.assert_lookup(entry, own)
        self.assertGreaterEqual(entry["domainLookupEnd"] - entry["domainLookupStart"], 2 * DELAY_MS)


class CallCase(DnsCase):
    def assert_call(self, entry, own):
        start, end = (entry.origin_ns + int(entry[mark] * 1_000_000)
                      for mark in ("domainLookupStart", "domainLookupEnd"))
        self.assertEqual(entry["startTime"], entry["domainLookupStart"])
        self.assertGreaterEqual(start, own["dnsStart"])
        self.assertLess(start, end)
        self.assertLessEqual(end, own["dnsEnd"])

class Calls(CallCase):
    """getaddrinfo, for lookups that no packet shows, and with the program's own marks."""

    def test_hosts_file(self):
        self.names.hosts(f"{Names.SERVER} quiet.example")
        own = self.python("quiet.example")
        self.assert_call(self.connected_by("quiet.example", own), own)

    def test_hosts_file_by_curl(self):
        """It asks on a thread of its own. (Nobody answers its request.)"""
        self.names.hosts(f"{Names.SERVER} quiet.example")
        url = f"http://quiet.example:{self.plain.port}/"
        port = self.run_inside(host.tool("curl"), "-s", "-o", "/dev/null", "--http0.9", "-w",
                               "%{local_port}", "--max-time", 1, url, status=28)
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == int(port))
        self.assertEqual(entry["name"], f"tcp://quiet.example:{self.plain.port}")
        self.assertGreater(entry["domainLookupEnd"], entry["domainLookupStart"])
        self.assertGreaterEqual(entry["connectStart"], entry["domainLookupEnd"])

    def test_nscd(self):
        """It asks in the programs' stead, once: the second has its answer out of a cache."""
        (self.names.folder / "nscd.conf").write_text(NSCD_CONF, encoding="ascii")
        client = host.tool("python3"), "-c", CLIENT, "shop.example", str(self.plain.port)
        told = self.run_inside(host.tool("sh"), "-ec", BY_NSCD, host.tool("nscd"), *client)
        first, second = map(json.loads, told.splitlines())
        for own in first, second:
            entry = self.connected_by("shop.example", own)
            self.assert_call(entry, own)
        self.assertLess(entry["domainLookupEnd"] - entry["domainLookupStart"], DELAY_MS)
        self.assertFalse([e for e in self.tracer.entries() if e["process"]["comm"] == "nscd"])

    def test_the_call_encloses_its_queries(self):
        own = self.python("both.example")
        entry = self.connected_by("both.example", own)
        self.assert_call(entry, own)
        self.assert_lookup(entry, own)

    def test_failures(self):
        """Told once, with what the queries say of it, and without waiting for a time-out."""
        for name, server, code in (("none.no.example", Names.SERVER, "NXDOMAIN"),
                                   ("some.example", Names.FAILING, "SERVFAIL"),
                                   ("gone.example", Names.BLACKHOLE, "timeout")):
            with self.subTest(code):
                self.names.use(server)
                ask = f'import socket; socket.getaddrinfo("{name}", 80)'
                self.run_inside(host.tool("python3"), "-c", ask, status=1)
                entry = self.tracer.wait_entry(lambda e, name=name: e["name"] == f"tcp://{name}")
                self.assert_failed(entry, "dns", code)
        failed = [e["name"] for e in self.tracer.entries() if e.connection["error"]]
        self.assertEqual(len(failed), len(set(failed)), failed)

    def test_no_lookup(self):
        """An address as text, and a text that may only be an address."""
        ask = f"""
import socket
socket.getaddrinfo("{Names.SERVER}", 80)
try: socket.getaddrinfo("number.example", 80, flags=socket.AI_NUMERICHOST)
except OSError: pass
with socket.create_connection(("{Names.SERVER}", {self.plain.port})) as client:
    client.sendall(b"x"); client.recv(1); print(client.getsockname()[1])
"""
        port = int(self.run_inside(host.tool("python3"), "-c", ask))
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == port)
        self.assertEqual(entry["name"], f"tcp://{Names.SERVER}:{self.plain.port}")
        self.assertEqual(entry["domainLookupStart"], entry["domainLookupEnd"])
        self.assertNotIn("tcp://number.example",
                         [e["name"] for e in self.tracer.entries()])


class Musl(CallCase):
    """A libc that somebody maps already: as everything does in a container of Alpine's."""

    @classmethod
    def set_up(cls):
        super().set_up()
        cls.musl = f"{cls.folder}/lookup-musl"
        subprocess.run([host.tool("musl-gcc"), "-O2", "-o", cls.musl, host.SCRIPTS / "lookup.c"],
                       check=True)
        holder = Process([cls.musl, "wait"])
        cls.addClassCleanup(holder.stop)
        holder.wait_line("waits")

    def test_hosts_file(self):
        self.names.hosts(f"{Names.SERVER} quiet.example")
        (own,) = programs.json_lines(self.run_inside(self.musl, "quiet.example", self.plain.port))
        self.assert_call(self.connected_by("quiet.example", own), own)

    def test_packets(self):
        (own,) = programs.json_lines(self.run_inside(self.musl, "shop.example", self.plain.port))
        entry = self.connected_by("shop.example", own)
        self.assert_call(entry, own)
        self.assert_lookup(entry, own)


ASYNCIO = """
import asyncio, sys
async def go():
    _, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]),
                                              happy_eyeballs_delay=0.2)
    writer.write(b"x")
    await writer.drain()
    writer.close()
asyncio.run(go())
"""

NODE = """
const socket = require("net").connect(
    {host: process.argv[1], port: +process.argv[2], autoSelectFamily: true});
socket.on("connect", () => socket.end("x"));
"""


class Races(DnsCase):
    """Happy eyeballs: a name with two addresses, of which that of IPv6 never answers."""

    def race(self, port, *command, status=0):
        text = self.run_inside(*command, status=status)
        winner, loser = (
            self.tracer.wait_entry(
                lambda e, address=address: e.connection["remoteAddress"] == address
                and e.connection["remotePort"] == port and e.connection["id"] not in self.seen)
            for address in (Names.SERVER, Names.BLACKHOLE6))
        self.seen.update(e.connection["id"] for e in (winner, loser))
        self.assert_connected(winner)
        self.assert_lookup(winner)
        self.assertEqual(loser.connection["outcome"], "abandoned", loser)
        self.assertIsNone(loser.connection["error"])
        self.assertEqual(winner.connection["raceStart"], loser["phases"]["connectStart"])
        self.assertGreater(winner["connectStart"], winner.connection["raceStart"] + 150)
        self.assertIsNone(loser.connection["raceStart"])
        self.assertEqual(loser["name"], winner["name"])
        return text, winner

    seen = set()

    def test_curl(self):
        text, winner = self.race(
            self.plain.port, host.tool("curl"), "-s", "-o", "/dev/null", "--http0.9", "-w",
            "%{time_connect} %{time_namelookup}", "--max-time", 1,
            f"http://race.example:{self.plain.port}/", status=28)
        connect, namelookup = (float(word) * 1000 for word in text.split())
        ours = winner.connection["tcpEstablished"] - winner.connection["raceStart"]
        self.assertLess(ours, connect - namelookup)

    def test_node(self):
        self.race(self.plain.port, host.tool("node"), "-e", NODE, "race.example", self.plain.port)

    def test_asyncio(self):
        self.race(self.plain.port, host.tool("python3"), "-c", ASYNCIO, "race.example",
                  self.plain.port)

    def test_go(self):
        self.serve_web()
        self.race(8080, host.program("httptrace"), self.certificate.cert,
                  "http://race.example:8080/", 1)


if __name__ == "__main__":
    main()
