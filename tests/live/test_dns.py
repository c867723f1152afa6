# SPDX-License-Identifier: MIT
"""Lookups: whose marks and whose name, against a real name server that takes 20 ms."""
import json
import subprocess

from lib import host, programs
from lib.case import main
from lib.lookups import CLIENT, DELAY_MS, CallCase, DnsCase
from lib.names import Names
from lib.process import Process

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

    def test_search_list(self):
        """What is not found in the first domain is a part of the lookup."""
        self.names.use(Names.SERVER, search="no.example example")
        own = self.python("shop")
        entry = self.connected_by("shop.example", own)
        self.assert_lookup(entry, own)
        self.assertGreaterEqual(entry["domainLookupEnd"] - entry["domainLookupStart"], 2 * DELAY_MS)

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

    def test_go(self):
        """Go's own resolver, by httptrace's clock."""
        self.serve_web()
        text = self.run_inside(host.program("httptrace"), self.certificate.cert,
                               "http://shop.example:8080/", 1)
        (own,) = programs.json_lines(text)
        entry = self.entry_of(own)
        self.assert_lookup(entry, {"dnsStart": own["dnsStart"], "dnsEnd": own["dnsDone"]})

    def test_behind_nat(self):
        """The socket says port 53, the packet another."""
        if not self.names.redirect(Names.NATTED):
            self.skipTest("no NAT by nftables in this kernel")
        self.names.use(Names.NATTED)
        self.serve_web()
        text = self.run_inside(host.program("httptrace"), self.certificate.cert,
                               "http://both.example:8080/", 1)
        (own,) = programs.json_lines(text)
        entry = self.entry_of(own)
        self.assertEqual(entry["name"], "tcp://both.example:8080")
        self.assertGreater(entry["domainLookupEnd"], entry["domainLookupStart"])

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
        self.assertEqual(entry["phases"]["domainLookupStart"], entry["startTime"])
        self.assertEqual(entry["phases"]["domainLookupEnd"],
                         None if code == "timeout" else entry["responseEnd"])
        return entry

    def test_nxdomain(self):
        self.lose("no.example", "NXDOMAIN", Names.SERVER)

    def test_servfail(self):
        self.lose("shop.example", "SERVFAIL", Names.FAILING)

    def test_timeout(self):
        self.lose("gone.example", "timeout", Names.BLACKHOLE)

    def test_repeated_by_the_program(self):
        """Each time it failed."""
        ask = """
import socket, time
for _ in range(3):
    try: socket.getaddrinfo("again.no.example", 80)
    except OSError: time.sleep(0.1)
"""
        self.run_inside(host.tool("python3"), "-c", ask)
        self.tracer.wait_entries(lambda e: e["name"] == "tcp://again.no.example", 3)

    def test_waited_for_to_the_end(self):
        self.names.use(Names.BLACKHOLE)
        entries = self.trace(self.names.inside(host.tool("curl"), "-s", "--max-time", 0.3,
                                               "http://late.example/"), status=28)
        (entry,) = [e for e in entries.entries if e["name"] == "tcp://late.example"]
        self.assertEqual(entry.connection["outcome"], "unfinished", entry)
        self.assertIsNone(entry.connection["error"])

    def test_the_second_server_knows(self):
        """One lookup, no failure."""
        self.names.use(Names.FAILING, Names.SERVER)
        own = self.python("shop.example")
        entry = self.connected_by("shop.example", own)
        self.assert_lookup(entry, own)
        self.assertGreaterEqual(entry["domainLookupEnd"] - entry["domainLookupStart"], 2 * DELAY_MS)


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

    def test_as_long_as_the_call_takes(self):
        """Longer than anybody waits who is in no call."""
        self.names.use(Names.BLACKHOLE, options="timeout:7 attempts:1")
        ask = 'import socket; socket.getaddrinfo("long.example", 80, socket.AF_INET)'
        self.run_inside(host.tool("python3"), "-c", ask, status=1)
        (entry,) = self.tracer.wait_entries(lambda e: e["name"] == "tcp://long.example")
        self.assert_failed(entry, "dns", "timeout")
        self.assertGreaterEqual(entry["duration"], 7000)

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
    """Another libc. The program is mapped already, so that its call is known."""

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


if __name__ == "__main__":
    main()
