# SPDX-License-Identifier: MIT
"""The benchmark measures what it says: every row is filled, and a connection that was made is an
entry or counted as lost. How fast anything was is not looked at."""
import json
import subprocess
import sys
from pathlib import Path

from lib import host
from lib.case import LiveCase, main

BENCH = host.SOURCE / "tools" / "bench" / "bench.py"
# Rows whose connections, or requests, become entries each.
TOLD = {"compared": ("connect", "highest", "full", "resumed"),
        "requests": ("HTTP --requests", "HTTPS --requests --plaintext")}


class Bench(LiveCase):
    options = None

    @classmethod
    def set_up(cls):
        for name in ("nginx", "wrk", "bpftool"):
            host.tool(name)
        path = Path(cls.folder) / "found.json"
        ended = subprocess.run(
            [sys.executable, "-B", BENCH, "--pairs", "1", "--seconds", "0.2", "--hold", "500",
             "--json", path], capture_output=True, text=True, timeout=240, check=False)
        if ended.returncode:
            raise AssertionError(f"bench ended with {ended.returncode}: {ended.stderr}")
        cls.text = ended.stdout
        cls.found = json.loads(path.read_text(encoding="utf-8"))

    def test_every_row_is_filled(self):
        for name, section in self.found.items():
            self.assertTrue(section, name)
            for key, row in section.items():
                self.assertNotIn("absent", row, f"{name} {key}")
                self.assertTrue(set(row) - {"title"}, f"{name} {key}")
        self.assertNotIn("| - |", self.text.partition("### Loads")[0])

    def test_what_was_made_is_told_or_counted(self):
        for name, keys in TOLD.items():
            for key in keys:
                row = self.found[name][key]
                self.assertGreater(row["made"], 0, key)
                self.assertGreaterEqual(row["seen"] + row["lost"], row["made"], (key, row))
                # What wrk had begun when its time was up, it does not count.
                begun = 8 if name == "requests" else 0
                self.assertLessEqual(row["seen"], row["made"] + begun, (key, row))

    def test_programs_ran(self):
        for key, row in self.found["costs"].items():
            if key != "spawn":
                self.assertGreater(row["ns"], 0, key)


if __name__ == "__main__":
    main()
