# SPDX-License-Identifier: MIT
"""The test case of the zoo: a program visits our servers under `record -- program`, once per TLS
version, and every connection that the server saw must be one right entry.

Where a program tells its own times, skew = its time - ours. A START is told before the call, an END
after it, so on the wrong side only the grain of the program's clock is allowed; on the right side
the median may be REACH_NS away (a loaded machine), for an event loop of JavaScript more.
"""
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent / "live"))

# pylint: disable=wrong-import-position
from lib import host, programs  # noqa: E402
from lib.case import LiveCase, main  # noqa: E402,F401
import servers  # noqa: E402
import table  # noqa: E402

REACH_NS = 5_000_000
NODE_REACH_NS = 20_000_000
SILENCE_NS = 1_000_000_000
WALL_GRAIN_NS = 500_000  # a wall clock is slewed while the program runs
SCRIPTS = HERE / "programs"
STARTS = {"connectStart": "connectStart", "tlsStart": "tlsStart"}
ENDS = {"tcpEstablished": "connected", "tlsEnd": "tlsEnd"}


@dataclass
class Animal:
    """What is known of a program before it runs."""

    name: str
    stack: str  # the library that does its TLS
    comm: str
    runs: int = 5
    uprobe: bool = False  # that library's handshake is seen by a probe
    child: bool = False  # not the program itself connects but a child of it
    grain_ns: int = 1_000
    hasty_ns: int = 0  # it says that TLS is done before its last flight has left
    reach_ns: int = REACH_NS


class Zoo(LiveCase):
    options = None

    @classmethod
    def set_up(cls):
        cls.site = servers.Site(cls.folder)
        cls.addClassCleanup(cls.site.close)
        cls.ca = cls.site.ca
        cls.ciphers = servers.iana_ciphers()

    def visit(self, animal, *command, versions=("1.3", "1.2"), marks=None, oracle=None, **options):
        """Runs the program.

        marks(text, file): its own times, one dictionary per connection.
        oracle(text, ports): {client's port: what the server says}, where nginx is not the server.
        """
        marks = marks or (lambda text, _: programs.json_lines(text))
        oracle = oracle or (lambda _, ports: self.site.served(ports))
        for version in versions:
            with self.subTest(version):
                file, text = self.run_traced(animal, version, command, **options)
                entries = self.without_pauses(self.without_lookups(file.entries))
                served = oracle(text, {e.connection["localPort"] for e in entries})
                self.assertEqual(len(served), len(entries))
                self.assertGreaterEqual(len(served), animal.runs, text)
                self.check_process(animal, entries, text)
                for entry in entries:
                    self.check_facts(entry, served[entry.connection["localPort"]])
                self.check_sources(animal, entries)
                skews = self.skews(entries, marks(text, file))
                table.row(animal.name, animal.stack, version, entries, skews)
                self.check_skews(animal, skews)

    def run_traced(self, animal, version, command, **options):
        """The checked file, and all that the program printed."""
        self.site.forget()
        args = self.site.inside(version, SCRIPTS / "repeat", animal.runs, *command)
        file = self.trace([str(arg) for arg in args], **options)
        self.assertEqual(file.lost, {})
        lines = self.own.process.lines
        return file, "\n".join(lines["stdout"] + lines["stderr"])

    def without_lookups(self, entries):
        """What a browser asks for on its own is nowhere to be found: a failed lookup has an entry."""
        return [e for e in entries if e.connection["remoteAddress"]]

    def without_pauses(self, entries):
        """A program that connects and then says nothing for a second (on a drowning machine) gets
        the plain entry first; what its TLS gets is an entry of its own, and tells the rest."""
        late = {e.connection["id"]: e for e in entries if e.connection["late"]}
        plain = [e for e in entries if e.connection["id"] in late and not e.connection["late"]]
        for entry in plain:
            silent_ns = late[entry.connection["id"]].ns("tlsStart") - entry.ns("tcpEstablished")
            self.assertGreater(silent_ns, SILENCE_NS, entry)
        return [entry for entry in entries if entry not in plain]

    # ---- what an entry must say ----

    def check_process(self, animal, entries, text):
        pids = {int(line.split()[1]) for line in text.splitlines() if line.startswith("pid ")}
        found = {entry["process"]["pid"] for entry in entries}
        self.assertEqual(len(pids), animal.runs)
        if animal.child:
            self.assertEqual((len(found), found & pids), (animal.runs, set()))
        else:
            self.assertEqual(found, pids)
        self.assertEqual({entry["process"]["comm"] for entry in entries}, {animal.comm})

    def check_facts(self, entry, served):
        self.assert_connected(entry)
        tls = entry["tls"]
        self.assertIsNotNone(tls, entry)
        self.assertEqual(tls["serverName"], served["serverName"], entry)
        self.assertEqual(f"TLSv{tls['version']}", served["version"], entry)
        self.assertEqual(tls["cipher"], self.ciphers[served["cipher"]], entry)
        self.assertEqual(tls["resumed"], served["reused"] == "r", entry)
        self.assertEqual(entry.connection["remoteAddress"], served["address"], entry)
        self.check_alpn(entry, served["alpn"])

    def check_alpn(self, entry, spoken):
        """The server's choice is in clear up to TLS 1.2."""
        tls = entry["tls"]
        chosen = spoken if tls["version"] == "1.2" else ""
        self.assertEqual(tls["alpn"] or "", chosen, entry)
        self.assertEqual(entry["nextHopProtocol"], chosen, entry)
        if spoken:
            self.assertIn(spoken, tls["alpnOffered"], entry)
        name = f"https://{tls['serverName']}/"
        if not tls["alpnOffered"]:
            name = f"tls://{tls['serverName']}:{entry.connection['remotePort']}"
        self.assertEqual(entry["name"], name)

    def check_sources(self, animal, entries):
        """The first handshake of a library that nobody had mapped may be the wire's."""
        if animal.uprobe and self.own.hooks["tls"] != "off":
            tls = max(entries, key=lambda e: e["startTime"])["tls"]
            self.assertEqual(tls["startSource"], "uprobe", tls)
            self.assertIn(tls["boundBy"], ("thread", "fd"), tls)

    # ---- the program's own times ----

    def skews(self, entries, marks):
        """{our mark: [the program's time - ours]}."""
        pairs = self.pairs(entries, marks)
        return {
            mark: [own[theirs] - entry.ns(mark) for entry, own in pairs
                   if theirs in own and entry.ns(mark)]
            for mark, theirs in {**STARTS, **ENDS}.items()
        }

    def pairs(self, entries, marks):
        """[(entry, the program's marks)], by the local port, or the nearest, or else in their order."""
        by_port = {entry.connection["localPort"]: entry for entry in entries}
        if all("localPort" in own for own in marks):
            return [(by_port[own["localPort"]], own) for own in marks]
        if all("tlsStart" in own for own in marks):
            return [(min(entries, key=lambda e: abs(e.ns("tlsStart") - own["tlsStart"])), own)
                    for own in marks]
        self.assertEqual(len(marks), len(entries))
        return list(zip(sorted(entries, key=lambda e: e["startTime"]), marks))

    def check_skews(self, animal, skews):
        for mark, found in skews.items():
            late = found if mark in ENDS else [-skew for skew in found]
            hasty_ns = animal.hasty_ns if mark == "tlsEnd" else 0
            if late:
                # When the flight of a hasty program leaves is for its own threads to settle.
                soonest = statistics.median(late) if hasty_ns else min(late)
                self.assertGreaterEqual(soonest, -(animal.grain_ns + hasty_ns), f"{mark}, ns: {found}")
                self.assertLess(statistics.median(late), animal.reach_ns, f"{mark}, ns: {found}")


def tool(name):
    return host.tool(name)
