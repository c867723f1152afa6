# SPDX-License-Identifier: MIT
"""The command line as contracted: statuses, outputs, signals, filters, tapes, bad input."""
import json
import mmap
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from lib import host, programs
from lib.case import LiveCase, main
from lib.entries import File
from lib.tracer import Tracer

EXCHANGE = "connect", "send=x", "recv", "close"
NOBODY = 65534


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
        lines = [line for line in ended.stderr.splitlines() if "connspan: done" not in line
                 and "connspan: tracing" not in line]
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


class Status(CliCase):
    def record(self, *command, status):
        self.connspan("record", "-o", self.out, "--", *command, status=status)
        self.file()

    def test_that_of_the_command(self):
        self.record("true", status=0)
        self.record("sh", "-c", "exit 5", status=5)

    def test_killed_command(self):
        self.record("sh", "-c", "kill -TERM $$", status=128 + signal.SIGTERM)

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

    def test_full(self):
        self.refused("record", "-o", "ndjson:/dev/full", "--", *self.client(self.echo), status=1,
                     say="/dev/full")

    def test_reader_goes_away(self):
        """A closed pipe is a failed output, not a death by SIGPIPE."""
        reader, writer = os.pipe()
        os.close(reader)
        self.refused("record", "-o", f"ndjson:/dev/fd/{writer}", "--", *self.client(self.echo),
                     status=1, pass_fds=(writer,))
        os.close(writer)


class Filters(CliCase):
    """Two connections from two programs to two servers: each filter lets one of them through."""

    def setUp(self):
        super().setUp()
        self.servers = [self.server(), self.server()]

    def traced(self, *options, commands=None):
        """The ports of the entries of `commands` under the whole-host tracer with `options`."""
        tracer = Tracer(self.here, *options)
        for command in commands or map(self.client, self.servers):
            programs.run(command)
        ports = {server.port for server in self.servers}
        return [e.connection["remotePort"] for e in tracer.stop().entries
                if e.connection["remotePort"] in ports]

    def test_none(self):
        self.assertCountEqual(self.traced("-a"), [server.port for server in self.servers])

    def test_port(self):
        port = self.servers[1].port
        self.assertEqual(self.traced("--port", port), [port])
        other = self.servers[0].port
        self.assertCountEqual(self.traced("--port", port, "--port", other), [port, other])

    def test_comm(self):
        commands = [self.client(self.servers[0]), [host.program("plain"), self.servers[1].at]]
        port = self.servers[1].port
        for name in ("plain", "pl*n", "pla[hi]n"):
            self.assertEqual(self.traced("-c", name, commands=commands), [port], name)
        self.assertEqual(self.traced("-c", "plai", commands=commands), [])

    def test_different_kinds_are_and(self):
        port = self.servers[1].port
        self.assertEqual(self.traced("-c", "marks", "--port", port), [port])
        self.assertEqual(self.traced("-c", "nobody", "--port", port), [])

    def test_pid_with_what_it_forks(self):
        shell = programs.Process(["sh"])
        self.addCleanup(shell.stop)
        tracer = Tracer(self.here, "-p", shell.pid)
        programs.run(self.client(self.servers[0]))
        shell.tell(" ".join(self.client(self.servers[1])) + "; echo gone")
        shell.wait_line("gone")
        ports = [e.connection["remotePort"] for e in tracer.stop().entries]
        self.assertEqual(ports, [self.servers[1].port])

    def test_cgroup(self):
        root = next((Path(line.split()[1]) for line in Path("/proc/mounts").read_text().splitlines()
                     if line.split()[2] == "cgroup2"), None)
        if root is None:
            self.skipTest("no cgroup v2 is mounted")
        name = f"connspan-live-{os.getpid()}"
        inner = root / name / "inner"
        inner.mkdir(parents=True)
        self.addCleanup(lambda: (inner.rmdir(), (root / name).rmdir()))
        join = f'echo $$ > {inner}/cgroup.procs && exec "$@"'
        commands = [self.client(self.servers[0]),
                    ["sh", "-c", join, "sh", *self.client(self.servers[1])]]
        port = self.servers[1].port
        self.assertEqual(self.traced("--cgroup", f"/{name}", commands=commands), [port])

    def test_command_alone_or_the_whole_host(self):
        other = self.client(self.servers[0])
        command = ["sh", "-c", 'read -r line; exec "$@"', "sh", *self.client(self.servers[1])]
        for options, count in (((), 1), (("-a",), 2)):
            tracer = Tracer(self.here, *options, command=command)
            programs.run(other)
            tracer.process.tell()
            ports = {server.port for server in self.servers}
            found = [e for e in tracer.join().entries if e.connection["remotePort"] in ports]
            self.assertEqual(len(found), count, options)


class Hooks(CliCase):
    def test_basic(self):
        server = self.server()
        file = self.trace(self.client(server), "--hooks", "basic")
        self.assertEqual(file.header["hooks"]["connect"], "cgroup_connect")
        self.assertEqual(file.entries[0].connection["startSource"], "cgroup_connect")

    def test_forced_rungs_work_or_say_why(self):
        server = self.server()
        for rung in ("fentry", "kprobe"):
            ended = subprocess.run(
                [host.connspan(), "record", "--hooks", rung, "-o", self.out, "--",
                 *self.client(server)],
                capture_output=True, text=True, timeout=60, check=False,
            )
            self.assertIn(ended.returncode, (0, 3), ended)
            if ended.returncode == 0:
                self.assertEqual(self.file().header["hooks"]["connect"], rung)
            else:
                self.assertIn(rung, ended.stderr)

    def test_the_line_and_the_header_agree(self):
        file = self.trace(["true"])
        for name, value in file.header["hooks"].items():
            self.assertEqual(self.own.hooks[name], value)
        self.assertIn("libraries", self.own.hooks)

    def test_switched_off(self):
        hooks = self.trace(["true"], "--no-uprobes", "--no-wire").header["hooks"]
        self.assertEqual((hooks["tls"], hooks["wire"]), ("off", "off"))

    def test_counts_of_the_last_line(self):
        server = self.server()
        file = self.trace(["sh", "-c", '"$@"; "$0" 127.0.0.1:1 connect',
                           host.program("marks"), *self.client(server)])
        self.assertEqual(len(file.entries), 2)
        self.assertEqual(self.own.done, {"entries": 2, "failures": 1, "dropped": 0})

    def test_library_that_is_none(self):
        """A file of that name which is no ELF is skipped and counted, before and after the start."""
        fake = self.here / "libssl.so.3"
        fake.write_bytes(b"\x7fELF" + b"garbage " * 1024)
        late = self.here / "late" / "libssl.so.3"
        late.parent.mkdir()
        late.write_bytes(b"nothing at all " * 1024)
        with open(fake, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC)
        tracer = Tracer(self.folder)
        with open(late, "rb") as file:
            mapped_late = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC)
        server = self.server(certificate=self.certificate)
        (own,) = programs.marks(server.at, "connect", "tls", "send=x", "recv", "close")
        file = tracer.stop()
        mapped.close()
        mapped_late.close()
        self.assertTrue([e for e in file.entries if e.key == (own["pid"], own["localPort"])])
        self.assertGreaterEqual(file.stats[-1]["total"]["library"], 2)

    def test_command_as_another_user(self):
        """The command loses root; what traces it does not."""
        os.chmod(self.folder, 0o755)
        server = self.server()
        script = 'id -u; exec 3<>"/dev/tcp/127.0.0.1/$0"; echo x >&3; read -r line <&3'
        file = self.trace(["bash", "-c", script, str(server.port)], "--user", "nobody")
        (entry,) = file.entries
        self.assertEqual(self.own.process.lines["stdout"], [str(NOBODY)])
        self.assertEqual(entry["process"]["uid"], NOBODY)

    def test_unknown_user(self):
        self.connspan("record", "--user", "no-such-user", "-o", self.out, "--", "true", status=2)


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
        for name, data in (("empty", b""), ("garbage", b"garbage " * 999),
                           ("cut", whole[: len(whole) - 7]), ("head", whole[:5])):
            with self.subTest(name):
                bad = self.here / name
                bad.write_bytes(data)
                self.refused("replay", bad, "-f", "ndjson", status=1, say=str(bad))
        self.refused("replay", self.here / "missing", status=1, say="missing")


if __name__ == "__main__":
    main()
