# SPDX-License-Identifier: MIT
"""Debian's kernel packages, by series: found and downloaded with apt from the mirror that this host
uses, in a package database of our own, so that the host's is neither needed nor touched."""
import re
import subprocess
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Where each series is, the first that has it: a kernel leaves sid for the next release.
RELEASES = {"5.10": ("bullseye",), "6.1": ("bookworm", "bullseye-backports"),
            "6.12": ("trixie", "bookworm-backports"), "7.2": ("sid", "forky", "trixie-backports")}
SECURED = ("bullseye", "bookworm", "trixie")  # have a suite for security updates
PARTS = ("image", "binary", "modules")  # from 7.2 on an image is three packages


class Unavailable(Exception):
    """The series cannot be had; the text is one line."""


def _run(args, folder=None):
    ended = subprocess.run(args, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines()
        raise Unavailable(said[-1] if said else f"{args[0]} ended with {ended.returncode}")
    return ended.stdout


def mirrors():
    """{"Debian": URI, "Debian-Security": URI}, as this host's own sources name them."""
    fields = "$(LABEL) $(REPO_URI)"
    lines = _run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"])
    return dict(line.split() for line in lines.splitlines() if line.startswith("Debian"))


def natural(name):
    """Sort key: the numbers in a name as numbers."""
    return [int(number) for number in re.findall(r"\d+", name)]


def generic_images(series, names):
    """The generic flavour's image packages of a series, oldest first."""
    wanted = re.compile(rf"linux-image-{re.escape(series)}\.\d[\w.+~-]*?-amd64(-unsigned)?")
    other = re.compile(r"-(cloud|rt)-")
    found = [name for name in names if wanted.fullmatch(name) and not other.search(name)]
    # The same kernel with and without signature: one will do, and signing takes a day or two.
    return sorted(found, key=lambda name: (natural(name.split("-amd64")[0]), name))


class Archive:
    """The suites that carry one series of kernels; without one, any package of a release."""

    def __init__(self, folder, series=None):
        self.series = series
        self.folder = Path(folder)
        for needed in ("lists/partial", "cache/archives/partial"):
            (self.folder / needed).mkdir(parents=True, exist_ok=True)
        self.options = [
            f"-oDir::Etc::sourcelist={self.folder}/sources.list", "-oDir::Etc::sourceparts=/dev/null",
            f"-oDir::State::Lists={self.folder}/lists", f"-oDir::Cache={self.folder}/cache",
            "-oAPT::Sandbox::User=root", "-oAcquire::Retries=2",
        ]

    def _write_sources(self, release):
        found = mirrors()
        if "Debian" not in found:
            raise Unavailable("this host's apt has no Debian mirror to ask")
        lines = [f"deb [signed-by={KEYRING}] {found['Debian']} {release} main\n"]
        if release in SECURED and "Debian-Security" in found:
            lines.append(
                f"deb [signed-by={KEYRING}] {found['Debian-Security']} {release}-security main\n")
        (self.folder / "sources.list").write_text("".join(lines), encoding="utf-8")

    def newest(self):
        """The name of the newest image package, of the first release that has one."""
        reason = ""
        for release in RELEASES[self.series]:
            try:
                images = self._images_of(release)
            except Unavailable as failed:
                reason = f" ({failed})"
                continue
            if images:
                return images[-1]
        raise Unavailable(f"the mirror has no linux-image-{self.series} in "
                          f"{' or '.join(RELEASES[self.series])}, or does not answer{reason}")

    def _images_of(self, release):
        self._write_sources(release)
        # apt-get update succeeds with a warning when a suite is gone: then the others must do.
        _run(["apt-get", *self.options, "update", "-q"])
        names = _run(["apt-cache", *self.options, "pkgnames", f"linux-image-{self.series}."])
        return generic_images(self.series, names.split())

    def download(self, image, folder):
        """Downloads the image and the packages it was split into."""
        parts = tuple(f"linux-{part}-{self.series}." for part in PARTS)
        lines = _run(["apt-cache", *self.options, "depends", "--important", image]).splitlines()
        needed = [line.split()[-1] for line in lines if "Depends:" in line]
        names = [image, *(name for name in needed if name.startswith(parts))]
        _run(["apt-get", *self.options, "download", "-q", *names], folder)

    def fetch(self, release, names, folder):
        """Downloads the newest of these packages."""
        self._write_sources(release)
        _run(["apt-get", *self.options, "update", "-q"])
        # What this host has installed is no candidate.
        _run(["apt-get", *self.options, "-oDir::State::status=/dev/null", "download", "-q", *names],
             folder)
