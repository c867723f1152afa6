# SPDX-License-Identifier: MIT
"""Containers (mount, pid and cgroup namespaces, as engines make them) seen from the host, while they
are stopped, and connspan inside of one."""
import os
import secrets
import signal
import unittest
from pathlib import Path

from lib import host, programs
from lib.case import main
from lib.process import Process
from test_faults import HANDSHAKE, FaultCase

NAMESPACES = "--mount", "--cgroup", "--fork", "--kill-child"
PIDS = "--pid", "--mount-proc"
# What an engine does for a container before its program runs.
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


def cgroup_root():
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            if line.split()[2] == "cgroup2":
                return Path(line.split()[1])
    raise unittest.SkipTest("no cgroup v2 is mounted")


class ContainerCase(FaultCase):
    def setUp(self):
        self.id = secrets.token_hex(32)
        self.cgroup = cgroup_root() / f"docker-{self.id}.scope"
        self.cgroup.mkdir()
        self.addCleanup(self.remove)

    def remove(self):
        if self.cgroup.exists():
            self.until(self.try_remove, "rid of the cgroup")

    def try_remove(self):
        try:
            self.cgroup.rmdir()
        except OSError:
            return False
        return True

    def command(self, *words, namespaces=(*NAMESPACES, *PIDS)):
        return [host.tool("sh"), "-c", ENTER, str(self.cgroup), host.tool("unshare"), *namespaces,
                *map(str, words)]


class Outside(ContainerCase):
    def test_a_container_that_is_stopped(self):
        """In mid-handshake, all of it at once; nothing of it is held, and nothing else is missed."""
        tracer = self.tracer()
        inside = Process(self.command(*programs.marks_command(
            "--connections", 10_000_000, self.secure.at, *HANDSHAKE)))
        self.addCleanup(inside.stop)
        self.more(inside, 20)
        ours = tracer.wait_entries(lambda e: e["process"]["containerId"] == self.id, 20)
        inside.signal(signal.SIGKILL)
        inside.wait()
        self.until(self.try_remove, "rid of the cgroup")
        self.check_handshake(tracer)
        file = tracer.stop()
        self.assertFalse(file.lost)
        told = [line for line in inside.lines["stdout"] if line.endswith("}")]
        found = [e for e in file.entries if e["process"]["containerId"] == self.id]
        self.assertIn(len(found), (len(told), len(told) + 1))
        for entry in found[: len(told)]:
            self.assert_connected(entry)
        for entry in ours:
            process = entry["process"]
            self.assertEqual((process["comm"], process["exe"]),
                             ("marks", os.path.realpath(host.program("marks"))))
            self.assertTrue(process["cgroup"].endswith(f"/docker-{self.id}.scope"), process)
            self.assertNotEqual(process["pid"], 1, "its number in the container, not the host's")


class Inside(ContainerCase):
    def connspan(self, *words, **options):
        process = Process(self.command(host.connspan(), *words, **options))
        return process.wait(120), process.lines

    def test_with_pids_of_its_own(self):
        status, lines = self.connspan("record", "-f", "ndjson", "-o", "-", "--", "true")
        self.assertEqual((status, lines["stdout"]), (3, []))
        self.assertEqual(len(lines["stderr"]), 1, lines)
        self.assertIn("--pid=host", lines["stderr"][0])
        status, lines = self.connspan("doctor")
        self.assertEqual(status, 3)
        self.assertIn("this host cannot be traced", lines["stdout"][0])
        self.assertTrue(any("pids" in line for line in lines["stdout"]), lines)

    def test_with_the_pids_of_the_host(self):
        out = Path(self.folder) / f"{self.id}.ndjson"
        status, lines = self.connspan(
            "record", "-o", out, "--", *programs.marks_command(self.secure.at, *HANDSHAKE),
            namespaces=NAMESPACES)
        self.assertEqual(status, 0, lines)
        self.assertIn("entries=1", lines["stderr"][-1])


if __name__ == "__main__":
    main()
