# SPDX-License-Identifier: MIT
"""What is traced and by which hooks: filters, a command's tree, rungs, libraries."""
import mmap
import os
import subprocess
from pathlib import Path

from lib import host, programs
from lib.case import main
from lib.cli import CliCase
from lib.tracer import Tracer

NOBODY = 65534


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

    def test_servers_outside_the_tree(self):
        """--role both: the accepting ends of other processes are none of ours either."""
        tracer = Tracer(self.here, "--role", "both", command=["sh", "-c", "read -r line"])
        for server in self.servers:
            programs.run(self.client(server))
        tracer.process.tell()
        entries = tracer.join().entries
        ours = {server.port for server in self.servers}
        self.assertEqual([e for e in entries if e.connection["localPort"] in ours], [])


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

    def mapped_library(self, folder, data):
        """A file of that name, mapped as a program's code is."""
        path = self.here / folder / "libssl.so.3"
        path.parent.mkdir()
        path.write_bytes(data)
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC)
        self.addCleanup(mapped.close)
        return path

    def test_library_that_is_none(self):
        """A libssl that is no ELF is skipped and counted, whether it comes before us or later."""
        garbage = self.mapped_library("garbage", b"\x7fELF" + b"garbage " * 1024)
        tracer = Tracer(self.folder)
        text = self.mapped_library("text", b"nothing at all " * 1024)
        tracer.process.wait_line(str(text), "stderr")
        server = self.server(certificate=self.certificate)
        (own,) = programs.marks(server.at, "connect", "tls", "send=x", "recv", "close")
        file = tracer.stop()
        self.assertTrue([e for e in file.entries if e.key == (own["pid"], own["localPort"])])
        self.assertTrue([w for w in tracer.process.lines["stderr"] if str(garbage) in w])
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


if __name__ == "__main__":
    main()
