# SPDX-License-Identifier: MIT
"""The test case of what is asked of the command line itself: every test runs its own connspan."""
import subprocess
import tempfile
from pathlib import Path

from . import host, programs
from .case import LiveCase
from .entries import File

EXCHANGE = "connect", "send=x", "recv", "close"


class CliCase(LiveCase):
    options = None

    def setUp(self):
        self.here = Path(tempfile.mkdtemp(dir=self.folder))
        self.out = self.here / "out.ndjson"

    def connspan(self, *args, status=0, prefix=(), **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        ended = subprocess.run(
            [*prefix, host.connspan(), *map(str, args)], capture_output=True, text=True,
            timeout=120, check=False, **options,
        )
        self.assertEqual(ended.returncode, status, ended)
        return ended

    def refused(self, *args, status, say="", **options):
        """Ends with `status` and exactly one line, which says what it was."""
        ended = self.connspan(*args, status=status, **options)
        lines = [line for line in ended.stderr.splitlines()
                 if not line.startswith(("connspan: done entries=", "connspan: tracing connect="))]
        self.assertEqual(len(lines), 1, ended)
        self.assertTrue(lines[0].startswith("connspan: "), lines)
        self.assertIn(say, lines[0])
        return lines[0]

    def file(self, path=None):
        file = File((path or self.out).read_text(encoding="utf-8"))
        file.check_ended()
        return file

    def client(self, server, *steps):
        return programs.marks_command(server.at, *(steps or EXCHANGE))
