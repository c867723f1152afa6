# SPDX-License-Identifier: MIT
"""The capture: whatever a network, a path or a program does to the segments, every connection is one
whole entry, and of a connection that is done nothing more is read.

With --no-uprobes all that an entry says of TLS comes from the packets.
"""
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from lib import crowd, host, programs, tape
from lib.badlink import BadLink
from lib.case import LiveCase, main
from lib.process import Process
from lib.tracer import Tracer

TLS = {"1.3": "TLS_AES_256_GCM_SHA384", "1.2": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}
HELLO_BYTES = 1800  # with post-quantum keys: more than a segment
CAPTURED_BYTES = 8192  # of a connection: hellos, a small certificate, a few headers
ROOM = "--ring-size", "64M"


class WireCase(LiveCase):
    options = None
    views = ("--no-uprobes",), ()  # the tracer's options, one round each

    def entries(self, count, pairs, version="1.3"):
        """Whole, with its own name and marks, every one."""
        wrong = [(crowd.faults(entry, own), entry["tls"], own)
                 for entry, own in pairs if crowd.faults(entry, own)]
        print(f"{self.id()}: {crowd.spread(pairs)}", flush=True)
        self.assertFalse(wrong[:3], f"{len(wrong)} of {count}")
        self.assertEqual(len(pairs), count)
        for entry, _ in pairs:
            self.check_tls(entry, version)

    def check_tls(self, entry, version):
        self.assert_connected(entry)
        self.assertEqual(entry["tls"]["version"], version, entry)
        self.assertEqual(entry["tls"]["cipher"], TLS[version], entry)

    def check_servers(self, file, port, wanted, version="1.3"):
        """Those at `port`. wanted: [(the client's port, the name it asked for)]. The other end of each."""
        servers = [e for e in file.entries if e.connection["role"] == "server"
                   and e.connection["localPort"] == port]
        found = [(e.connection["remotePort"], e["tls"]["serverName"]) for e in servers if e["tls"]]
        missing = sorted(set(wanted) - set(found))
        shown = [(e["phases"], e["tls"]) for e in servers
                 if missing and e.connection["remotePort"] == missing[0][0]]
        self.assertFalse(missing[:3], f"{len(missing)} missing; of the first: {shown}")
        self.assertEqual(sorted(found), sorted(wanted))
        for entry in servers:
            if entry["tls"]:
                self.check_tls(entry, version)

    def check_round(self, file, port, version):
        """Both ends of every connection, and nothing was lost."""
        owns = self.own.process.json()
        pairs = crowd.pair(own_entries(file, {own["pid"] for own in owns}), owns)
        self.entries(self.count, pairs, version)
        self.check_servers(file, port, names(owns), version)
        self.assertEqual(file.lost, {})

    def client(self, count, at, *options, version="1.3"):
        return [host.program("crowd"), "--connections", count, "--in-flight", 64, "--exchange",
                "--tls", version, *options, at]

    def trace_ends(self, command, *options):
        """Of the whole host: the other ends are no children of the command."""
        return self.trace([str(word) for word in command], "--all", "--role", "both", *ROOM, *options)


def own_entries(file, pids):
    return [e for e in file.entries
            if e.connection["role"] == "client" and e["process"]["pid"] in pids]


def names(owns):
    return [(own["localPort"], f"n{own['number']}.example") for own in owns]


class Links(WireCase):
    """200 connections over a line that is bad in both directions."""

    count = 200

    def over(self, *faults, ack="spare", mtu=1500, hello=0, version="1.3"):
        for view in self.views:
            with self.subTest(view):
                self.round(view, (faults, ack, mtu), hello, version)

    def round(self, view, line, hello, version):
        faults, ack, mtu = line
        link = BadLink(*faults, "--delay-us", 500, "--first-ack", ack, mtu=mtu)
        self.addCleanup(link.close)
        server = programs.Server("--threads", 64, address=link.SERVER, inside=link.server,
                                 certificate=self.certificate)
        self.addCleanup(server.stop)
        command = self.client(self.count, server.at, "--hello", hello, version=version)
        file = self.trace_ends(link.client.inside(*command), "--port", server.port, *view)
        self.did = link.finish()
        print(f"{self.id()} {view}: {self.did}, lost {file.lost}", flush=True)
        self.check_round(file, server.port, version)

    def test_loss(self):
        self.over("--lose", 50)
        self.assertGreater(self.did["lost"], 20)

    def test_first_ack_lost(self):
        """The ClientHello completes the three-way handshake: the kernel filters it on the listener,
        before there is a socket of the connection. So it is with TCP_DEFER_ACCEPT, always."""
        self.over(ack="lose")

    def test_duplicates(self):
        self.over("--duplicate", 300)
        self.assertGreater(self.did["duplicated"], 100)

    def test_reordered(self):
        self.over("--reorder", 300, mtu=296)
        self.assertGreater(self.did["overtaken"], 20)

    def test_all_of_it(self):
        for version in TLS:
            self.over("--lose", 20, "--duplicate", 100, "--reorder", 100, mtu=576,
                      hello=HELLO_BYTES, version=version)

    def test_smallest_segments(self):
        """48 bytes of payload: Linux sends no smaller segments (tcp_min_snd_mss)."""
        self.over(mtu=100, hello=HELLO_BYTES)


class Relayed(WireCase):
    """Writes cut anew between client and server, in both directions, on three sockets: the client's
    reads, the relay's writes, the server's reads."""

    count = 100

    def relayed(self, sizes, hello=0, version="1.3"):
        for view in self.views:
            with self.subTest(view):
                self.round(view, sizes, hello, version)

    def round(self, view, sizes, hello, version):
        server = self.server("--threads", 64, certificate=self.certificate)
        relay = Process([host.program("relay"), sizes, server.at])
        self.addCleanup(relay.stop)
        port = json.loads(relay.wait_line("port"))["port"]
        command = self.client(self.count, f"127.0.0.1:{port}", "--hello", hello, version=version)
        file = self.trace_ends(command, "--port", port, "--port", server.port, *view)
        owns = self.own.process.json()
        self.entries(self.count, crowd.pair(own_entries(file, {owns[0]["pid"]}), owns), version)
        carried = self.check_relay(file, relay, dict(names(owns)), version)
        self.assertEqual(file.lost, {})
        self.check_servers(file, port, names(owns), version)
        self.check_servers(file, server.port, carried, version)

    def check_relay(self, file, relay, wanted, version):
        """The relay knows no TLS; its segments are its writes. Returns [(its port, the name)]."""
        ends = relay.json()[1:]
        self.assertEqual(len(ends), self.count)
        by_port = {e.connection["localPort"]: e for e in own_entries(file, {relay.pid})}
        for own in ends:
            entry = by_port[own["localPort"]]
            self.check_tls(entry, version)
            self.assertEqual(entry["tls"]["serverName"], wanted[own["peerPort"]])
            self.assertTrue(crowd.inside(entry.ns("tlsStart"), own["start"]), (entry, own))
            self.assertLessEqual(entry.ns("tlsEnd"), own["last"])
        return [(own["localPort"], wanted[own["peerPort"]]) for own in ends]

    def test_byte_by_byte(self):
        for version in TLS:
            self.relayed("1", version=version)

    def test_cut_anywhere(self):
        for sizes in ("2", "3,1", "5,1,300", "7,64,2", "4,6,1,1000"):
            self.relayed(sizes)
        self.relayed("5,1,300", hello=HELLO_BYTES, version="1.2")

    def test_all_in_one_write(self):
        for version in TLS:
            self.relayed("0", hello=HELLO_BYTES, version=version)


class Cost(WireCase):
    """What reaches user space of a connection is bounded, and the packet programs leave at once."""

    def test_a_few_kilobytes_each(self):
        path = f"{self.folder}/crowd.tape"
        server = self.server(certificate=self.certificate)
        file = self.trace([str(w) for w in self.client(500, server.at)], *ROOM, "--tape", path)
        captured = tape.chunk_bytes(path)
        print(f"{self.id()}: {max(captured.values())} bytes at most", flush=True)
        self.assertEqual(set(captured), {e.connection["id"] for e in file.entries})
        self.assertLess(max(captured.values()), CAPTURED_BYTES)

    def test_100_megabytes(self):
        """Of what follows the handshake not a byte is read."""
        path = f"{self.folder}/bulk.tape"
        command = [sys.executable, host.SCRIPTS / "bulk.py", self.certificate.cert,
                   self.certificate.key, 100]
        before = programs_loaded()
        tracer = Tracer(self.folder, "-p", os.getpid(), "--role", "both", "--tape", path)
        bulk = Process(command)
        said = json.loads(bulk.wait_line("{"))
        entry = tracer.wait_entry(lambda e: e.key == (said["pid"], said["localPort"]))
        mine = programs_loaded() - before
        with run_statistics():
            at_start = packet_runs(mine)
            bulk.tell()
            self.assertEqual(bulk.wait(), 0)
            at_end = packet_runs(mine)
        tracer.stop()
        for name, (runs, ns) in at_end.items():
            runs, ns = runs - at_start[name][0], ns - at_start[name][1]
            print(f"{self.id()}: {name} {runs} packets, {ns / max(runs, 1):.0f} ns each")
        captured = tape.chunk_bytes(path)
        self.assertIn(entry.connection["id"], captured)
        self.assertLess(max(captured.values()), CAPTURED_BYTES)


def loaded():
    """What bpftool says of every program in the kernel."""
    said = subprocess.run([host.tool("bpftool"), "prog", "show", "-j"], capture_output=True,
                          check=True)
    return json.loads(said.stdout)


def programs_loaded():
    return {program["id"] for program in loaded()}


def packet_runs(ids):
    """{program: (how often it ran, for how many nanoseconds)} of the packet programs among them."""
    return {program["name"]: (program.get("run_cnt", 0), program.get("run_time_ns", 0))
            for program in loaded()
            if program["id"] in ids and program["type"] == "cgroup_skb"}


@contextlib.contextmanager
def run_statistics():
    """kernel.bpf_stats_enabled, put back as it was."""
    path = Path("/proc/sys/kernel/bpf_stats_enabled")
    was = path.read_text(encoding="utf-8")
    path.write_text("1", encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(was, encoding="utf-8")


if __name__ == "__main__":
    main()
