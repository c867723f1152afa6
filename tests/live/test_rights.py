# SPDX-License-Identifier: MIT
"""What a running tracer may still do, and what its command may: by /proc and by trying."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

from lib import host, programs
from lib.case import main
from lib.cli import CliCase
from lib.observers import NOBODY, as_nobody
from lib.process import Process
from lib.tracer import Tracer
from test_files import FileCase
from test_libraries import LibraryCase

# linux/capability.h
DAC_OVERRIDE, DAC_READ_SEARCH, KILL, SYS_PTRACE, SYS_ADMIN = 1, 2, 5, 19, 21
BPF, CHECKPOINT_RESTORE = 39, 40
FILTERED = 2  # SECCOMP_MODE_FILTER
BASE = {BPF, SYS_PTRACE, DAC_READ_SEARCH}


def status_of(pid, task=None):
    """{"CapEff": {1, 2}, "NoNewPrivs": 1, ...} of a process or one of its threads."""
    path = Path(f"/proc/{pid}/task/{task}/status" if task else f"/proc/{pid}/status")
    return parse_status(path.read_text(encoding="ascii"))


def parse_status(text):
    found = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    status = {name: int(found[name]) for name in ("NoNewPrivs", "Seccomp")}
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        bits = int(found[name], 16)
        status[name] = {bit for bit in range(64) if bits >> bit & 1}
    return status


def expected_of(tracer, *more):
    """docs/rights.md"""
    by_tls = {"off": set(), "uprobe": {CHECKPOINT_RESTORE, SYS_ADMIN},
              "uprobe_multi": {CHECKPOINT_RESTORE}}
    return BASE | by_tls[tracer.hooks["tls"]] | set(more)


class Kept(CliCase):
    def check(self, tracer, *more):
        pid = tracer.process.pid
        expected = expected_of(tracer, *more)
        tasks = [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
        for task in tasks:
            status = status_of(pid, task)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), (1, FILTERED))
            self.assertLessEqual(status["CapPrm"], expected)
            self.assertLessEqual(status["CapEff"], status["CapPrm"])
            self.assertEqual((status["CapInh"], status["CapAmb"]), (set(), set()))
        own = status_of(pid)
        self.assertEqual((own["CapEff"], own["CapBnd"]), (expected, expected))
        return tasks

    def trace_on(self, *options):
        tracer = Tracer(self.here, "-p", os.getpid(), *options)
        self.addCleanup(tracer.stop)
        return tracer

    def test_by_every_thread(self):
        tracer = self.trace_on("--listen", self.here / "socket", "--rotate-size", "1M", "--keep", 2)
        programs.marks(self.server().at, "connect", "send=x", "recv", "close")
        tracer.wait_entries(lambda entry: True)
        tasks = self.check(tracer)
        names = {task: Path(f"/proc/{tracer.process.pid}/task/{task}/comm").read_text().strip()
                 for task in tasks}
        listener = next(task for task, name in names.items() if name == "cs-listener")
        self.assertIn("connspan-write", names.values())
        self.assertEqual(status_of(tracer.process.pid, listener)["CapPrm"], set())

    def test_without_probes(self):
        self.check(self.trace_on("--no-uprobes"))

    def test_in_another_users_folder(self):
        """Where root has no right to write, rotation needs the right to write everywhere."""
        os.chown(self.here, NOBODY, NOBODY)
        os.chmod(self.here, 0o755)
        self.check(self.trace_on(), DAC_OVERRIDE)

    def test_the_library_keeps_its_callers(self):
        """It is the program's to give up rights, not the library's: doctor did not."""
        told = self.connspan("record", "-v", "-o", self.out, "--", "true").stderr
        self.assertIn("connspan: rights kept: ", told)
        self.assertNotIn("rights kept", self.connspan("doctor").stderr)


class Command(CliCase):
    """It has what it would have without us."""

    def run_as(self, user, *command):
        return self.connspan("record", "-o", self.out, *(("--user", user) if user else ()), "--",
                             *command).stdout

    def test_has_no_limits(self):
        found = parse_status(self.run_as(None, "cat", "/proc/self/status"))
        self.assertEqual(found, status_of(os.getpid()))
        self.assertEqual((found["NoNewPrivs"], found["Seccomp"]), (0, 0))

    def copy_of(self, name):
        path = self.here / name
        shutil.copy(host.tool(name), path)
        for folder in (self.here, self.here.parent):
            folder.chmod(0o755)
        path.chmod(0o755)
        return path

    def test_setuid(self):
        path = self.copy_of("id")
        path.chmod(0o4755)
        self.assertEqual(self.run_as("nobody", path, "-u"), "0\n")

    def test_capabilities_of_a_file(self):
        path = self.copy_of("cat")
        subprocess.run([host.tool("setcap"), "cap_net_raw=ep", path], check=True)
        found = parse_status(self.run_as("nobody", path, "/proc/self/status"))
        self.assertEqual(found["CapEff"], {13})

    def test_sudo_and_ping(self):
        self.assertEqual(self.run_as(None, host.tool("sudo"), "-n", "-u", "nobody", "id", "-u"),
                         f"{NOBODY}\n")
        self.assertIn(" 0% packet loss", self.run_as("nobody", host.tool("ping"), "-c", "1",
                                                     "127.0.0.1"))

    def test_a_signal_for_another_users(self):
        process = Process([host.connspan(), "record", "-o", self.out, "--user", "nobody", "--",
                           "sh", "-c", "echo ready; exec sleep 100"])
        self.addCleanup(process.stop)
        process.wait_line("ready")
        process.signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)


class Late(LibraryCase):
    """Libraries that somebody maps when the rights are gone."""

    def test_in_a_folder_that_is_another_users_alone(self):
        before = self.links()
        folder = self.copy_of_libssl()
        for path in (folder / "libssl.so.3", folder):
            os.chown(path, NOBODY, NOBODY)
            path.chmod(0o700)
        os.chmod(self.folder, 0o755)
        client = self.waiting_client(folder, prefix=as_nobody())
        self.wait_change(before)
        entry = self.entry_after(client)
        self.assertEqual(entry["process"]["uid"], NOBODY)
        self.assertEqual(entry["process"]["exe"], host.program("marks"))
        self.assertTrue(entry["process"]["cgroup"])
        if not self.is_slow:
            self.check_probed(entry, folder / "libssl.so.3")


class Files(FileCase):
    def give_away(self):
        os.chown(self.here, NOBODY, NOBODY)
        self.here.chmod(0o755)

    def test_rotated_in_another_users_folder(self):
        self.give_away()
        process = self.record("--rotate-size", "16K", "--keep", 3, "--compress",
                              "-o", self.here / "out.prom")
        self.burst(100)
        self.until(lambda: len(self.closed()) == 3
                   and all(path.suffix == ".gz" for path in self.closed()), "tidied up")
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0, process.lines)
        self.assertIn("connspan_", (self.here / "out.prom").read_text())

    def test_begun_anew_in_another_users_folder(self):
        self.give_away()
        process = self.record()
        self.connect()
        self.wait_entries(1)
        self.out.rename(self.here / "away")
        process.signal(signal.SIGHUP)
        self.until(self.out.exists, "begun anew")

    def test_socket_in_another_users_folder(self):
        self.give_away()
        process = self.record("--listen", self.here / "socket")
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        self.assertFalse((self.here / "socket").exists(), "it was left behind")

    def test_modes(self):
        names = "a.ndjson", "a.csv", "a.har", "a.otlp.jsonl", "a.trace.json", "a.prom", "a.txt"
        paths = [self.here / name for name in names]
        tape = self.here / "a.tape"
        old = os.umask(0)
        self.addCleanup(os.umask, old)
        self.connspan("record", *(word for path in paths for word in ("-o", path)), "--tape", tape,
                      "--", "true")
        for path in (*paths, tape):
            self.assertEqual(oct(path.stat().st_mode & 0o777),
                             "0o644" if path.suffix == ".prom" else "0o600", path)

    def test_no_link_is_followed(self):
        target, link = self.here / "target", self.here / "link"
        link.symlink_to(target)
        for options in (("-o", f"ndjson:{link}"), ("-o", f"prometheus:{link}"), ("-o", "/dev/null", "--tape", link),
                        ("-o", "/dev/null", "--listen", link)):
            with self.subTest(options):
                self.refused("record", *options, "--", "true", status=1, say=str(link))
                self.assertFalse(target.exists(), "it was followed")

    def test_no_link_is_followed_later(self):
        """Somebody puts one at the path of a file that has been moved away, or is being made."""
        target = self.here / "target"
        process = self.record("-o", self.here / "out.prom")
        self.connect()
        self.wait_entries(1)
        self.out.rename(self.here / "away")
        self.out.symlink_to(target)
        (self.here / "out.prom.part").symlink_to(target)
        process.signal(signal.SIGHUP)
        self.connect()
        process.wait_line(f"{self.out}: ", "stderr")
        process.signal(signal.SIGINT)
        process.wait()
        self.assertFalse(target.exists(), "a link was followed")


if __name__ == "__main__":
    main()
