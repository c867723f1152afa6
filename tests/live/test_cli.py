# SPDX-License-Identifier: MIT
"""The command line as contracted: statuses, signals, outputs, tapes, bad input."""
import json
import os
import signal
import subprocess

from lib import host
from lib.case import main
from lib.cli import CliCase
from lib.entries import File
from lib.tracer import Tracer

NOBODY = 65534


class Status(CliCase):
    def test_that_of_the_command(self):
        for command, status in (
            ("true", 0), ("exit 5", 5), ("kill -TERM $$", 128 + signal.SIGTERM)
        ):
            out = self.here / f"{status}.ndjson"
            self.connspan("record", "-o", out, "--", "sh", "-c", command, status=status)
            self.file(out)

    def test_no_such_command(self):
        self.refused("record", "-o", self.out, "--", "no-such-command-here", status=127,
                     say="no-such-command-here")

    def test_not_executable(self):
        text = self.here / "text"
        text.write_text("no program", encoding="ascii")
        self.refused("record", "-o", self.out, "--", text, status=126, say=str(text))

    def test_usage(self):
        for args in (("--no-such-option",), ("--role", "nobody"), ("--port", "70000"),
                     ("-d", "soon"), ("--hooks", "magic"), ("-p", "x"), ("-f", "xml"),
                     ("-o", self.out, "-o", self.out)):
            with self.subTest(args):
                self.connspan("record", *args, status=2)
        self.connspan(status=2)
        self.connspan("no-such-verb", status=2)

    def test_help_and_version(self):
        for args in (("--help",), ("--version",), ("record", "--help"), ("replay", "--help")):
            self.assertTrue(self.connspan(*args).stdout)

    def test_not_root(self):
        prefix = (host.tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        self.refused("record", "-o", "/dev/null", "-d", "1s", status=3, prefix=prefix, say="root")

    def test_duration(self):
        self.connspan("record", "-o", self.out, "-d", "300ms")
        self.file()

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            Tracer(self.folder).stop(number)

    def test_doctor(self):
        found = json.loads(self.connspan("doctor", "--json").stdout)
        self.assertIsInstance(found, dict)
        self.assertIn("connect", self.connspan("doctor").stdout)


class Output(CliCase):
    def setUp(self):
        super().setUp()
        self.echo = self.server()

    def test_several(self):
        other, table = self.here / "other.ndjson", self.here / "entries.table"
        self.connspan("record", "-o", self.out, "-o", f"ndjson:{other}", "-o", f"table:{table}",
                      "--", *self.client(self.echo))
        self.assertEqual(len(self.file().entries), 1)
        self.assertEqual(self.out.read_bytes(), other.read_bytes())
        self.assertIn(str(self.echo.port), table.read_text(encoding="utf-8"))

    def test_standard_output(self):
        ended = self.connspan("record", "-q", "-o", "-", "--", *self.client(self.echo))
        lines = ended.stdout.splitlines()
        self.assertEqual(len([line for line in lines if '"resource"' in line]), 1, lines)

    def test_descriptor_and_null(self):
        with open(self.out, "wb") as file:
            self.connspan("record", "-o", f"ndjson:/dev/fd/{file.fileno()}", "-o", "/dev/null",
                          "--", *self.client(self.echo), pass_fds=(file.fileno(),))
        self.assertEqual(len(self.file().entries), 1)

    def test_fifo(self):
        fifo = self.here / "fifo.ndjson"
        os.mkfifo(fifo)
        reader = subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE, text=True)
        self.connspan("record", "-o", fifo, "--", *self.client(self.echo))
        text, _ = reader.communicate(timeout=30)
        self.assertEqual(len(File(text).entries), 1)

    def test_mode(self):
        self.connspan("record", "-o", self.out, "--", "true")
        self.assertEqual(self.out.stat().st_mode & 0o777, 0o600)
        other = self.here / "other.ndjson"
        self.connspan("record", "--mode", "0640", "-o", other, "--", "true")
        self.assertEqual(other.stat().st_mode & 0o777, 0o640)

    def test_bad_paths(self):
        target, link, twin = (self.here / name for name in ("target", "link", "twin"))
        target.write_text("", encoding="ascii")
        link.symlink_to(target)
        os.link(target, twin)
        for path in (self.here, link, twin, self.here / "missing" / "file.ndjson"):
            with self.subTest(path):
                self.refused("record", "-o", f"ndjson:{path}", "--", "touch", self.here / "ran",
                             status=1, say=str(path))
        self.assertEqual(target.read_text(encoding="ascii"), "", "something was written")
        self.assertFalse((self.here / "ran").exists(), "the command was started")

    def test_appends(self):
        for _ in range(2):
            self.connspan("record", "-o", self.out, "--", "true")
        kinds = [json.loads(line)["entryType"] for line in self.out.read_text().splitlines()]
        self.assertEqual(kinds, ["connspan.header", "connspan.stats"] * 2)

    def test_full(self):
        """Once what went wrong, once at the end what it cost."""
        ended = self.connspan("record", "-o", "ndjson:/dev/full", "--", *self.client(self.echo),
                              status=1)
        self.assertIn("connspan: /dev/full: No space left on device", ended.stderr)
        self.assertRegex(ended.stderr, r"dropped=[1-9]\d* \(output=")

    def test_reader_goes_away(self):
        """A closed pipe is a failed output, not a death by SIGPIPE."""
        reader, writer = os.pipe()
        os.close(reader)
        ended = self.connspan("record", "-o", f"ndjson:/dev/fd/{writer}", "--",
                              *self.client(self.echo), status=1, pass_fds=(writer,))
        os.close(writer)
        self.assertIn("Broken pipe", ended.stderr)


class Tape(CliCase):
    def setUp(self):
        super().setUp()
        self.tape = self.here / "events.tape"

    def record(self):
        server = self.server(certificate=self.certificate)
        plain = self.server()
        script = '"$0" $1 connect tls send=x recv close; "$0" $2 connect send=x recv close; ' \
                 '"$0" 127.0.0.1:1 connect'
        self.connspan("record", "-o", self.out, "--tape", self.tape, "--", "sh", "-c", script,
                      host.program("marks"), server.at, plain.at)
        self.assertEqual(len(self.file().entries), 3)

    def test_replays_byte_identically(self):
        self.record()
        again = self.here / "again.ndjson"
        self.connspan("replay", self.tape, "-o", again)
        self.assertEqual(self.out.read_text(encoding="utf-8"), again.read_text(encoding="utf-8"))

    def test_needs_no_root(self):
        self.record()
        prefix = (host.tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        os.chmod(self.folder, 0o755)
        os.chmod(self.here, 0o755)
        os.chmod(self.tape, 0o644)
        ended = self.connspan("replay", self.tape, "-f", "ndjson", prefix=prefix)
        self.assertEqual(ended.stdout, self.out.read_text(encoding="utf-8"))

    def test_filters(self):
        self.record()
        ended = self.connspan("replay", self.tape, "--port", "1", "-f", "ndjson")
        self.assertEqual(len(File(ended.stdout).entries), 1)

    def test_bad_tapes(self):
        self.record()
        whole = self.tape.read_bytes()
        other = whole[:12] + bytes([99]) + whole[13:]  # the version, see user/feed/tape.h
        for name, data in (("empty", b""), ("garbage", b"garbage " * 999), ("version", other),
                           ("cut", whole[: len(whole) - 7]), ("head", whole[:5])):
            with self.subTest(name):
                bad = self.here / name
                bad.write_bytes(data)
                self.refused("replay", bad, "-f", "ndjson", status=1, say=str(bad))
        self.refused("replay", self.here / "missing", status=1, say="missing")


if __name__ == "__main__":
    main()
