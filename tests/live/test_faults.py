# SPDX-License-Identifier: MIT
"""What goes wrong with the tracer, and beside it: it is killed, stopped, there twice; what it traces
is killed in mid-handshake, is gone before it can be looked at, comes by the thousand. The traced
programs are unharmed, the kernel is left clean, and nothing is missing that is not counted."""
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from lib import host, programs
from lib.case import LiveCase, main
from lib.cli import EXCHANGE
from lib.footprint import bpftool, held
from lib.process import PATIENCE_S, Process
from lib.tracer import Tracer

HANDSHAKE = "connect", "tls", "send=x", "recv", "close"


def patches(pid):
    """How many bytes of the code of its libssl a process runs differ from those of the file."""
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        span, rights, offset, _, _, *name = line.split()
        if "x" in rights and name and "libssl" in name[0]:
            start, end = (int(edge, 16) for edge in span.split("-"))
            with open(name[0], "rb") as file, open(f"/proc/{pid}/mem", "rb") as memory:
                file.seek(int(offset, 16))
                memory.seek(start)
                pairs = zip(file.read(end - start), memory.read(end - start))
                return sum(one != other for one, other in pairs)
    raise AssertionError(f"{pid} has no libssl")


class FaultCase(LiveCase):
    options = None

    @classmethod
    def set_up(cls):
        cls.echo = cls.server()
        cls.secure = cls.server(certificate=cls.certificate)

    def tracer(self, pid=None):
        tracer = Tracer(self.folder, "-p", pid or os.getpid())
        self.addCleanup(tracer.process.stop)
        return tracer

    def until(self, found, what):
        end = time.monotonic() + PATIENCE_S
        while not found():
            if time.monotonic() > end:
                raise AssertionError(f"in {PATIENCE_S} s not {what}")
            time.sleep(0.05)

    def talker(self):
        """One handshake after the other, until it is stopped; each is a line."""
        process = Process(programs.marks_command("--connections", 10_000_000, self.secure.at,
                                                 *HANDSHAKE))
        self.addCleanup(process.stop)
        return process

    def more(self, talker, count):
        """Waits until it has made so many handshakes more; all went well."""
        before = len(talker.lines["stdout"])
        self.until(lambda: len(talker.lines["stdout"]) >= before + count, "talked on")
        for line in talker.lines["stdout"][before : before + count]:
            self.assertFalse(json.loads(line)["tlsFailed"], line)

    def check_handshake(self, tracer):
        """All is as it should be, as if nothing had been."""
        (own,) = programs.marks(self.secure.at, *HANDSHAKE)
        entry = tracer.wait_entry(lambda e: e.key == (own["pid"], own["localPort"]))
        self.assert_connected(entry)
        self.assertEqual(entry["tls"]["version"], "1.3")
        for phase in ("connectStart", "tlsStart"):
            self.assertGreaterEqual(entry.ns(phase), own[phase])
        self.assertLessEqual(entry.ns("tlsEnd"), own["tlsEnd"])
        return entry


class Killed(FaultCase):
    def test_nothing_stays_behind(self):
        talker = self.talker()
        self.more(talker, 10)
        tracer = self.tracer(talker.pid)
        tracer.wait_entries(lambda e: True, 10)
        mine = held(tracer.process.pid)
        self.assertTrue(all(mine.values()), mine)
        if tracer.hooks["tls"] != "off":
            self.assertGreater(patches(talker.pid), 0)
        tracer.process.signal(signal.SIGKILL)
        tracer.process.wait()
        for kind, ids in mine.items():
            self.until(lambda: not ids & {thing["id"] for thing in bpftool(kind, "show")},
                       f"rid of every {kind}")
        self.until(lambda: patches(talker.pid) == 0, "rid of every probe")
        self.more(talker, 100)
        self.assertIsNone(talker.popen.poll())
        again = self.tracer()
        self.check_handshake(again)
        again.stop()


class Twice(FaultCase):
    def test_two_at_once(self):
        """Both see all of it, and one does not miss the other."""
        one, other = self.tracer(), self.tracer()
        plain = programs.marks("--connections", 50, self.echo.at, *EXCHANGE)
        secure = programs.marks("--connections", 20, self.secure.at, *HANDSHAKE)
        for tracer in (one, other):
            for own in (*plain, *secure):
                entry = tracer.wait_entry(lambda e: e.key == (own["pid"], own["localPort"]))
                self.assert_connected(entry)
                self.assertEqual(entry["tls"] is not None, bool(own["tlsStart"]))
        self.check_handshake(one)
        entry = self.check_handshake(other)
        one.process.signal(signal.SIGKILL)
        one.process.wait()
        after = self.check_handshake(other)
        self.assertEqual(after["tls"]["startSource"], entry["tls"]["startSource"])
        other.finish()


class Stopped(FaultCase):
    """SIGSTOP for ten seconds under load: what the buffer does not hold is counted."""

    def stopped(self, *options):
        """(connections made, the file of the run)."""
        tracer = self.tracer()
        self.check_handshake(tracer)
        tracer.process.signal(signal.SIGSTOP)
        (load,) = programs.run([host.program("load"), "--clients", 2, "--seconds", 10, *options])
        tracer.process.signal(signal.SIGCONT)
        self.check_handshake(tracer)
        self.check_state(tracer)
        return load["connections"], tracer.stop()

    def check_state(self, tracer):
        """No connection that is over is left in the kernel's table of them."""
        mine = held(tracer.process.pid)["map"]
        (conns,) = (m["id"] for m in bpftool("map", "show")
                    if m["id"] in mine and m["name"] == "conns")
        self.until(lambda: not bpftool("map", "dump", "id", conns), "rid of them")

    def check_counted(self, made, file):
        ours = [entry for entry in file.entries if entry["process"]["comm"] == "load"]
        self.assertGreater(file.lost["ringConnection"], 0)
        print(f"{made:,} connections while the tracer stood still: {len(ours):,} entries, "
              f"lost {file.lost}")
        return len(ours)

    def test_plain(self):
        made, file = self.stopped()
        entries = self.check_counted(made, file)
        self.assertEqual(entries + file.lost["ringConnection"], made)

    def test_handshakes(self):
        """Of a handshake several records may be lost: none is missing uncounted."""
        made, file = self.stopped("--cert", self.certificate.cert, "--key", self.certificate.key)
        entries = self.check_counted(made, file)
        self.assertLessEqual(made - entries, sum(file.lost.values()))


class Processes(FaultCase):
    def test_killed_in_mid_handshake(self):
        """At any point of it. Each connection is one entry, however far it came."""
        tracer = self.tracer()
        told = {}
        for turn in range(40):
            talker = self.talker()
            self.more(talker, 1 + turn % 7)
            talker.signal(signal.SIGKILL)
            talker.wait()
            told[talker.pid] = sum(line.endswith("}") for line in talker.lines["stdout"])
        self.check_handshake(tracer)
        file = tracer.stop()
        self.assertFalse(file.lost)
        cut = 0
        for pid, count in told.items():
            own = [entry for entry in file.entries if entry["process"]["pid"] == pid]
            self.assertIn(len(own), (count, count + 1), pid)
            for entry in own[:count]:
                self.assert_connected(entry)
            cut += own[-1].connection["outcome"] == "aborted"
        print(f"{cut} of {len(told)} were killed inside a handshake")

    def swarm(self, count, *steps):
        """So many programs start at once, and connect. Returns their pids."""
        command = programs.marks_command("--quiet", self.echo.at, *steps)
        processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for _ in range(count)]
        for process in processes:
            self.assertEqual(process.wait(120), 0)
        return {process.pid for process in processes}

    def check_swarm(self, tracer, pids):
        found = tracer.wait_entries(lambda e: e["process"]["pid"] in pids, len(pids))
        self.assertEqual(len(found), len(pids))
        for entry in found:
            process = entry["process"]
            self.assert_connected(entry)
            self.assertEqual((process["comm"], process["exe"]),
                             ("marks", os.path.realpath(host.program("marks"))))
            self.assertIsNotNone(process["cgroup"])
        self.assertEqual({entry["process"]["pid"] for entry in found}, pids)

    def test_a_thousand_start_at_once(self):
        tracer = self.tracer()
        self.check_swarm(tracer, self.swarm(1000, *EXCHANGE))
        tracer.finish()

    def test_gone_before_they_can_be_looked_at(self):
        """The tracer wakes when /proc has none of them any more."""
        tracer = self.tracer()
        tracer.process.signal(signal.SIGSTOP)
        pids = self.swarm(200, "connect", "send=x", "exit=0")
        tracer.process.signal(signal.SIGCONT)
        self.check_swarm(tracer, pids)
        tracer.finish()


if __name__ == "__main__":
    main()
