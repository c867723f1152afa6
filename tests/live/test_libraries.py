# SPDX-License-Identifier: MIT
"""Which files get probes, once each, and for how long: versions, containers, upgrades, crowds."""
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from lib import footprint, host, programs
from lib.case import LiveCase, main
from lib.certs import NAME
from lib.debs import Release
from lib.process import PATIENCE_S, Process
from lib.tracer import Tracer

EXCHANGE = "send=x", "recv", "close"
CROWD = 300


def host_libssl():
    """The library of our own client."""
    said = subprocess.run(["ldd", host.program("marks")], capture_output=True, text=True, check=True)
    return next(word for word in said.stdout.split() if word.startswith("/") and "libssl" in word)


class LibraryCase(LiveCase):
    """A tracer per test: it starts with the libraries that stay."""

    options = None
    filters = "-p", os.getpid()

    @classmethod
    def set_up(cls):
        cls.tls_server = cls.server(certificate=cls.certificate)
        cls.plain_server = cls.server()
        cls.copies = 0

    def setUp(self):
        self.start()

    def start(self):
        self.tracer = Tracer(self.folder, *self.filters)
        self.addCleanup(self.tracer.stop)
        if self.tracer.hooks["tls"] == "off":
            self.skipTest("no uprobes on this host")

    def copy_of_libssl(self, folder=None):
        """A folder with a libssl that nobody has mapped yet."""
        type(self).copies += 1
        folder = Path(folder or self.folder) / f"copy{self.copies}"
        folder.mkdir()
        shutil.copy(host_libssl(), folder / "libssl.so.3")
        return folder

    def client(self, folder, *steps, prefix=(), options=(), **env):
        """Our client with the libssl of a folder."""
        command = programs.marks_command("--sni", NAME, *options, self.tls_server.at, *steps)
        env = {**os.environ, "LD_LIBRARY_PATH": str(folder), **env}
        client = Process([*prefix, *command], env=env)
        self.addCleanup(client.stop)
        return client

    def waiting_client(self, folder, **options):
        """One that has mapped it and waits for a line before it connects."""
        client = self.client(folder, "ready", "connect", "tls", *EXCHANGE, **options)
        client.wait_line("ready")
        return client

    def entry_after(self, client):
        """Lets a waiting client go on."""
        client.tell()
        client.wait_line("tlsEnd")
        return self.entry_of(next(m for m in client.json() if "tlsEnd" in m))

    # ---- probes ----

    def links(self):
        """How many the tracer holds: by file descriptor, as nobody else's can be among them. Where
        the kernel tells, without those of programs that look names up: any may be run meanwhile."""
        return sum("uprobe_cnt:\t1\n" not in info
                   for info in footprint.links(self.tracer.process.pid))

    def wait_links(self, wanted):
        """A quiet tracer sleeps: connections keep it looking."""
        end = time.monotonic() + 2 * PATIENCE_S
        while (found := self.links()) != wanted and time.monotonic() < end:
            programs.marks(self.plain_server.at, "connect", *EXCHANGE)
            time.sleep(0.1)
        self.assertEqual(found, wanted)

    one = None

    @property
    def links_of_one(self):
        """What one library adds: a link for all of its probes, or one each."""
        if self.tracer.hooks["tls"] == "uprobe_multi":
            return 1
        if self.one is None:
            LibraryCase.one = self.measure_one()
        return self.one

    def measure_one(self):
        before = self.links()
        client = self.waiting_client(self.copy_of_libssl())
        self.wait_change(before)
        found = 0
        while found != self.links():  # they come one by one, in one round of the tracer
            found = self.links()
            programs.marks(self.plain_server.at, "connect", *EXCHANGE)
        client.stop()
        self.wait_links(before)
        return found - before

    def wait_change(self, before):
        end = time.monotonic() + PATIENCE_S
        while self.links() == before and time.monotonic() < end:
            programs.marks(self.plain_server.at, "connect", *EXCHANGE)
        self.assertGreater(self.links(), before)

    def check_probed(self, entry, path=None):
        tls = entry["tls"]
        self.assert_connected(entry)
        self.assertEqual((tls["startSource"], tls["boundBy"]), ("uprobe", "thread"), tls)
        self.assertEqual(tls["calls"], 1, "a second probe at the same place would count twice")
        if path and host.kernel() >= (5, 15):
            self.assertEqual(tls["library"], str(path))


class Files(LibraryCase):
    def test_mapped_after_the_start_and_let_go(self):
        before, one = self.links(), self.links_of_one
        folder = self.copy_of_libssl()
        client = self.waiting_client(folder)
        self.wait_links(before + one)
        self.check_probed(self.entry_after(client), folder / "libssl.so.3")
        client.stop()
        self.wait_links(before)

    def test_first_handshake_of_a_short_life_is_not_missed(self):
        """It may be over before the probe is on: then the wire has it."""
        for _ in range(5):
            client = self.client(self.copy_of_libssl(), "connect", "tls", *EXCHANGE)
            client.wait_line("tlsEnd")
            entry = self.entry_of(client.json()[0])
            self.assert_connected(entry)
            self.assertEqual(entry["tls"]["serverName"], NAME)
            self.assertEqual(entry["tls"]["version"], "1.3")
            self.assertIsNotNone(entry["connectEnd"])

    def test_loaded_late(self):
        """python maps libssl with the first import of ssl."""
        before, one = self.links(), self.links_of_one
        folder = self.copy_of_libssl()
        script = """if 1:
            import os, socket, sys
            print("ready", flush=True)
            input()
            import ssl
            context = ssl._create_unverified_context()
            def connect():
                with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as plain:
                    with context.wrap_socket(plain, server_hostname="localhost") as tls:
                        print(tls.getsockname()[1], flush=True)
            print("loaded", flush=True)
            input()
            connect()
        """
        client = Process(["/usr/bin/python3", "-c", script, self.tls_server.port],
                         env={**os.environ, "LD_LIBRARY_PATH": str(folder)})
        self.addCleanup(client.stop)
        client.wait_line("ready")
        client.tell()
        client.wait_line("loaded")
        self.wait_links(before + one)
        client.tell()
        entry = self.entry_to(self.tls_server.port, client.pid)
        self.check_probed(entry, folder / "libssl.so.3")

    def test_upgraded_while_running(self):
        before, one = self.links(), self.links_of_one
        folder, other = self.copy_of_libssl(), self.copy_of_libssl()
        old = self.waiting_client(folder)
        self.wait_links(before + one)
        os.rename(other / "libssl.so.3", folder / "libssl.so.3")
        new = self.waiting_client(folder)
        self.wait_links(before + 2 * one)
        self.check_probed(self.entry_after(old))
        old.stop()
        self.wait_links(before + one)
        self.check_probed(self.entry_after(new), folder / "libssl.so.3")

    def test_a_crowd_costs_one(self):
        before, one = self.links(), self.links_of_one
        library = self.copy_of_libssl() / "libssl.so.3"
        crowd = [
            subprocess.Popen([host.tool("sleep"), "600"], stderr=subprocess.DEVNULL,
                             env={**os.environ, "LD_PRELOAD": str(library)})
            for _ in range(CROWD)
        ]
        try:
            self.wait_links(before + one)
            last = self.waiting_client(library.parent)
            self.check_probed(self.entry_after(last), library)
            self.assertEqual(self.links(), before + one)
        finally:
            for process in crowd:
                process.kill()
            for process in crowd:
                process.wait()


class Containers(LibraryCase):
    def mount(self, *args, at):
        subprocess.run([host.tool("mount"), *map(str, args), str(at)], check=True)
        self.addCleanup(subprocess.run, [host.tool("umount"), "-l", str(at)], check=False,
                        capture_output=True)

    def test_private_mount(self):
        """A libssl that only the namespace of its program can see."""
        before, one = self.links(), self.links_of_one
        here = Path(self.folder) / "private"
        here.mkdir()
        script = f"mount -t tmpfs none {here} && cp {host_libssl()} {here}/libssl.so.3 && " \
                 f'LD_LIBRARY_PATH={here} exec "$@"'
        client = self.waiting_client(
            "/nowhere", prefix=(host.tool("unshare"), "-m", "sh", "-c", script, "sh"))
        self.assertFalse(list(here.iterdir()))
        self.wait_links(before + one)
        self.check_probed(self.entry_after(client), here / "libssl.so.3")

    def test_a_file_system_can_be_unmounted_again(self):
        """A probe pins the mount its file lies on; the kernel lets go a moment after the close."""
        before = self.links()
        here = Path(self.folder) / "stick"
        here.mkdir()
        self.mount("-t", "tmpfs", "none", at=here)
        client = self.waiting_client(self.copy_of_libssl(here))
        self.wait_change(before)
        client.stop()
        self.wait_links(before)
        end = time.monotonic() + PATIENCE_S
        while subprocess.run([host.tool("umount"), str(here)], check=False).returncode:
            self.assertLess(time.monotonic(), end, "still busy")
            time.sleep(0.1)

    def test_overlay_and_its_layer_are_one_file(self):
        before, one = self.links(), self.links_of_one
        base = Path(self.folder) / "overlay"
        base.mkdir()
        self.mount("-t", "tmpfs", "none", at=base)
        lower, upper, work, merged = (base / name for name in ("lower", "upper", "work", "merged"))
        for folder in (lower, upper, work, merged):
            folder.mkdir()
        copy = self.copy_of_libssl(lower)
        self.mount("-t", "overlay", "overlay", "-o",
                   f"lowerdir={lower},upperdir={upper},workdir={work}", at=merged)
        by_layer = self.waiting_client(copy)
        self.wait_links(before + one)
        by_overlay = self.waiting_client(merged / copy.name)
        self.check_probed(self.entry_after(by_overlay))
        self.check_probed(self.entry_after(by_layer))
        self.assertEqual(self.links(), before + one)
        on_top = self.waiting_client(self.copy_of_libssl(merged))
        self.wait_links(before + 2 * one)
        self.check_probed(self.entry_after(on_top))


class Before(LibraryCase):
    """What was there before the tracer: -p follows what is forked later only."""

    filters = ()

    def setUp(self):
        """The tests start their tracer when it is time."""

    def test_deleted_file(self):
        folder = self.copy_of_libssl()
        client = self.waiting_client(folder)
        shutil.rmtree(folder)
        self.start()
        before = self.links()
        self.check_probed(self.entry_after(client))
        client.stop()
        self.wait_less(before)

    def wait_less(self, before):
        end = time.monotonic() + 2 * PATIENCE_S
        while self.links() >= before and time.monotonic() < end:
            programs.marks(self.plain_server.at, "connect", *EXCHANGE)
            time.sleep(0.1)
        self.assertLess(self.links(), before)

    def test_doctor_lists_them(self):
        folder = self.copy_of_libssl()
        client = self.waiting_client(folder)
        said = subprocess.run([host.connspan(), "doctor"], capture_output=True, text=True, check=True)
        self.assertIn(f"  {folder / 'libssl.so.3'}\n", said.stdout)
        said = subprocess.run([host.connspan(), "doctor", "--json"], capture_output=True, check=True)
        self.assertIn(str(folder / "libssl.so.3"), json.loads(said.stdout)["libraries"])
        client.stop()


class Versions(LibraryCase):
    def test_openssl_of_other_releases(self):
        for name, packages in (("bullseye", ("libc6", "libssl1.1", "openssl")),
                               ("trixie", ("libc6", "libssl3t64", "libzstd1", "zlib1g", "openssl"))):
            with self.subTest(name):
                release = Release(name, *packages)
                self.check_release(release)

    def check_release(self, release):
        """A first process has the library mapped, so the second one's is probed for sure."""
        before = self.links()
        command = release.command("openssl")
        holder = Process([*command, "s_client", "-connect", self.tls_server.at])
        self.addCleanup(holder.stop)
        holder.wait_line("Verify return code")
        self.wait_change(before)
        client = Process([*command, "s_client", "-connect", self.tls_server.at, "-servername", NAME])
        self.addCleanup(client.stop)
        client.wait_line("Verify return code")
        tls = self.entry_to(self.tls_server.port, client.pid)["tls"]
        self.assertEqual((tls["startSource"], tls["endSource"]), ("uprobe", "wire"), tls)
        self.assertEqual((tls["boundBy"], tls["serverName"]), ("thread", NAME))

    def static(self, program):
        command = [str(program), "--sni", NAME, "--connections", "2", self.tls_server.at,
                   "ready", "connect", "tls", *EXCHANGE]
        before = self.links()
        client = Process(command)
        self.addCleanup(client.stop)
        client.wait_line("ready")
        return client, before

    def test_inside_a_program(self):
        """Found by .symtab."""
        program = host.program("marks_static")
        client, before = self.static(program)
        self.wait_change(before)
        self.check_probed(self.entry_after(client), program)

    def test_inside_a_stripped_program(self):
        """Nobody can find it there: the wire tells, and nothing is said."""
        program = Path(self.folder) / "stripped"
        shutil.copy(host.program("marks_static"), program)
        subprocess.run([host.tool("strip"), "-s", str(program)], check=True)
        client, _ = self.static(program)
        entry = self.entry_after(client)
        self.assert_connected(entry)
        tls = entry["tls"]
        self.assertEqual((tls["startSource"], tls["endSource"], tls["boundBy"], tls["library"]),
                         ("wire", "wire", "none", None))
        self.assertFalse([line for line in self.tracer.process.lines["stderr"] if "stripped" in line])

    def test_musl(self):
        """Another C library: its sockets are sockets."""
        program = host.program("plain_musl")
        (own,) = programs.run([program, self.plain_server.at])
        entry = self.entry_of(own)
        self.assert_connected(entry)
        self.assertEqual(entry["process"]["exe"], program)


if __name__ == "__main__":
    main()
