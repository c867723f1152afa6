# SPDX-License-Identifier: MIT
"""Programs and libraries of other Debian releases, unpacked beside the host's own: never installed.
They are kept under CONNSPAN_DEBS_CACHE, else ~/.cache/connspan/debs."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from . import host

sys.path.insert(0, str(host.SOURCE / "tools" / "vm.d"))
import packages  # noqa: E402


def cache():
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("CONNSPAN_DEBS_CACHE") or home / "connspan" / "debs")


class Release:
    """Some packages of one release, as a tree; the calling test skips where they cannot be had."""

    def __init__(self, release, *names):
        self.tree = cache() / release / "+".join(names)
        if not self.tree.exists():
            self._unpack(release, names)

    def _unpack(self, release, names):
        self.tree.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.tree.parent, prefix=".") as scratch:
            scratch = Path(scratch)
            fresh, debs = scratch / "tree", scratch / "debs"
            debs.mkdir()
            try:
                packages.Archive(scratch / "apt").fetch(release, names, debs)
            except packages.Unavailable as reason:
                raise unittest.SkipTest(f"no {release} packages here: {reason}") from None
            for deb in debs.glob("*.deb"):
                subprocess.run([host.tool("dpkg-deb"), "-x", deb, fresh], check=True)
            shutil.move(fresh, self.tree)

    def file(self, name):
        found = next((path for path in self.tree.rglob(name) if path.is_file()), None)
        if not found:
            raise unittest.SkipTest(f"no {name} in {self.tree.name}")
        return found

    def command(self, *args):
        """A program of the release with the loader and the libraries of the release."""
        folders = {str(path.parent) for path in self.tree.rglob("*.so*")}
        loader = self.file("ld-linux-*.so.2")
        program = self.file(f"bin/{args[0]}")
        return [str(loader), "--library-path", ":".join(sorted(folders)), str(program), *args[1:]]
