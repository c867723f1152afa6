# SPDX-License-Identifier: MIT
"""The package manager puts a new libssl in place of one that is in use: who has the old one mapped
goes on with it, who starts now has the new one. Both are traced, and nothing piles up."""
import os
import shutil
import time

from lib import footprint
from lib.case import main
from lib.footprint import bpftool, held
from lib.process import PATIENCE_S
from test_faults import patches
from test_libraries import LibraryCase

UPGRADES = 2
STEPS = "ready", "connect", "tls", "send=x", "recv", "close"


class Upgrade(LibraryCase):
    def holder(self, folder):
        """A program that makes a handshake for each line it is told, for as long as it is wanted."""
        holder = self.client(folder, *STEPS, options=("--connections", 1000))
        holder.wait_line("ready")
        return holder

    def handshake(self, holder, path):
        """The next one, checked against what the program measured."""
        def done():
            return [marks for marks in holder.json() if "tlsEnd" in marks]

        before, end = len(done()), time.monotonic() + PATIENCE_S
        holder.tell()
        while len(done()) == before and time.monotonic() < end:
            time.sleep(0.01)
        own = done()[before]
        self.assertFalse(own["tlsFailed"], own)
        entry = self.tracer.wait_entry(
            lambda e: e.key == (own["pid"], own["localPort"])
            and e.ns("connectStart") >= own["connectStart"])
        self.check_probed(entry, path)
        self.assertEqual(entry["tls"]["endSource"], "uprobe")
        self.assertGreaterEqual(entry.ns("tlsStart"), own["tlsStart"])
        self.assertLessEqual(entry.ns("tlsEnd"), own["tlsEnd"])

    def upgrade(self, folder):
        """As dpkg does: the new file beside it, under another name, then one rename."""
        library = folder / "libssl.so.3"
        shutil.copy(library, folder / "libssl.so.3.dpkg-new")
        os.rename(folder / "libssl.so.3.dpkg-new", library)

    def open_files(self):
        return footprint.files(self.tracer.process.pid)

    def wait_open_files(self, most):
        """It may have one open for a moment, as it reads it."""
        end = time.monotonic() + PATIENCE_S
        while (found := self.open_files()) > most and time.monotonic() < end:
            time.sleep(0.01)
        self.assertLessEqual(found, most)

    def test_in_use(self):
        before, one, files = self.links(), self.links_of_one, self.open_files()
        folder = self.copy_of_libssl()
        library = folder / "libssl.so.3"
        old = self.holder(folder)
        self.wait_links(before + one)
        self.handshake(old, library)
        for _ in range(UPGRADES):
            self.upgrade(folder)
            self.handshake(old, library)
            new = self.holder(folder)
            self.wait_links(before + 2 * one)
            for holder in (old, new, new, old):
                self.handshake(holder, library)
            old.stop()
            self.wait_links(before + one)
            self.handshake(new, library)
            old = new
        self.check_let_go(old, before, files)

    def check_let_go(self, last, before, files):
        """The last user outlives the tracer, which leaves nothing in it, nor in the kernel."""
        other = self.holder(self.copy_of_libssl())
        self.wait_change(self.links())
        other.stop()
        self.wait_links(before + self.links_of_one)
        self.wait_open_files(files)
        self.assertGreater(patches(last.pid), 0)
        mine = held(self.tracer.process.pid)
        self.tracer.finish()
        end = time.monotonic() + PATIENCE_S
        while any(ids & {thing["id"] for thing in bpftool(kind, "show")}
                  for kind, ids in mine.items()):
            self.assertLess(time.monotonic(), end, "not rid of all")
            time.sleep(0.05)
        self.assertEqual(patches(last.pid), 0)
        last.stop()


if __name__ == "__main__":
    main()
