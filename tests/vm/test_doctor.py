# SPDX-License-Identifier: MIT
"""`connspan doctor` on this kernel; which rungs must work is told by the runner."""
import json
import subprocess
import unittest

from lib import host


class Doctor(unittest.TestCase):
    rungs = ()  # of connect
    locked = False  # for confidentiality: the kernel's memory cannot be read

    @classmethod
    def setUpClass(cls):
        ended = subprocess.run([host.connspan(), "doctor", "--json"], capture_output=True,
                               text=True, timeout=120, check=False)
        cls.status, cls.said = ended.returncode, json.loads(ended.stdout)

    def finding(self, name, rung=""):
        (found,) = [f for f in self.said["findings"] if (f["name"], f["rung"]) == (name, rung)]
        return found

    def test_traceable(self):
        self.assertEqual((self.status, self.said["traceable"]), (0, True), self.said)

    def test_rungs(self):
        for rung in self.rungs:
            self.assertTrue(self.finding("connect", rung)["works"], rung)

    def test_says_what_is_lost_under_lockdown(self):
        memory = self.finding("memory")
        self.assertEqual(memory["works"], not self.locked)
        if self.locked:
            self.assertIn("confidentiality", memory["reason"])
            self.assertTrue(memory["lost"] and memory["cure"], memory)
            self.assertFalse(self.finding("connect", "kprobe")["works"])
