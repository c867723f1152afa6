# SPDX-License-Identifier: MIT
"""Programs that look names up: kept while installed, and never so many that others lose."""
import shutil
import time
from pathlib import Path

from lib import footprint, host, programs
from lib.case import main
from lib.process import PATIENCE_S, Process
from test_libraries import EXCHANGE, LibraryCase

CALLERS = 128  # at most so many are probed


class Callers(LibraryCase):
    def setUp(self):
        super().setUp()
        if self.links_of_lookups("/nowhere") is None:
            self.skipTest("this kernel does not tell which file a link is of")

    def links_of_lookups(self, path):
        """By the kernel's word; None: it says nothing."""
        links = footprint.links(self.tracer.process.pid)
        if not any("path:" in info for info in links):
            return None
        names = f"path:\t{path}\n", f"path:\t{path} (deleted)\n"
        return sum(any(name in info for name in names) and "uprobe_cnt:\t1\n" in info
                   for info in links)

    def copies_of_getent(self, count):
        folder = Path(self.folder) / self.id()
        folder.mkdir()
        for i in range(count):
            shutil.copy(host.tool("getent"), folder / f"getent{i}")
        return folder

    def wait_lookups(self, path, wanted):
        end = time.monotonic() + 2 * PATIENCE_S
        while (found := self.links_of_lookups(path)) != wanted and time.monotonic() < end:
            programs.marks(self.plain_server.at, "connect", *EXCHANGE)
        self.assertEqual(found, wanted)

    def let_one_go(self):
        """Another library, so that it is known that the tracer looked who is unused."""
        before = self.links()
        client = self.waiting_client(self.copy_of_libssl())
        self.wait_change(before)
        client.stop()
        self.wait_links(before)

    def map_all(self, folder):
        """A process that has them all mapped as programs are."""
        script = """if 1:
            import glob, mmap, sys
            files = [open(path, "rb") for path in glob.glob(sys.argv[1])]
            kept = [mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC)
                    for file in files]
            print("ready", flush=True)
            input()
        """
        process = Process(["/usr/bin/python3", "-c", script, str(folder / "getent*")])
        self.addCleanup(process.stop)
        process.wait_line("ready")
        return process

    def test_kept_for_the_next_run_as_long_as_it_is_installed(self):
        folder = self.copies_of_getent(1)
        path = folder / "getent0"
        user = self.map_all(folder)
        self.wait_lookups(path, 2)
        user.stop()
        self.let_one_go()
        self.assertEqual(self.links_of_lookups(path), 2)
        path.unlink()
        self.wait_lookups(path, 0)

    def test_a_crowd_is_counted_and_leaves_room(self):
        before, one = self.links(), self.links_of_one
        folder = self.copies_of_getent(CALLERS + 10)
        user = self.map_all(folder)
        said = self.tracer.process.wait_line("callers of getaddrinfo already are", "stderr")
        self.assertIn("getent", said)
        client = self.waiting_client(self.copy_of_libssl())
        self.wait_links(before + one)
        self.check_probed(self.entry_after(client))
        user.stop()
        shutil.rmtree(folder)
        for i in range(CALLERS + 10):
            self.wait_lookups(folder / f"getent{i}", 0)
        file = self.tracer.stop()
        self.assertGreaterEqual(file.stats[-1]["total"]["library"], 10)
        self.assertFalse(file.lost)


if __name__ == "__main__":
    main()
