# SPDX-License-Identifier: MIT
"""What a tracer takes of its host: resident memory, descriptors, and the kernel's maps, which are
in no process's memory."""
import contextlib
import functools
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import host

# The hashes that hold what is followed of the connections of those who are traced. Handshakes of
# the whole host are in others: who is traced is known when a socket is.
FOLLOWED = "conns", "turns_map", "plains", "listeners", "syns"
LINKS = "anon_inode:bpf_link", "anon_inode:bpf-link", "anon_inode:[perf_event]"


@dataclass
class Footprint:
    resident: int  # bytes
    maps: int
    files: int  # descriptors of all but links, which come and go with what others run
    links: int

    @property
    def all(self):
        return self.resident + self.maps

    def __str__(self):
        return (f"{self.resident / 2**20:.1f} MiB + {self.maps / 2**20:.1f} MiB of maps, "
                f"{self.files} descriptors, {self.links} links")


@functools.cache
def is_sanitized():
    """Whether what is tested carries ASan, which takes memory and time of its own."""
    return b"__asan_init" in Path(host.connspan()).read_bytes()


def environment():
    """ASan must not keep what was freed, or all memory grows."""
    return {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
            ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}


def bpftool(*words):
    said = subprocess.run([host.tool("bpftool"), "-j", *map(str, words)], capture_output=True,
                          text=True, check=True, timeout=60)
    return json.loads(said.stdout or "[]")


def held(pid):
    """{"prog": ids, "link": ids, "map": ids} of what a process has of BPF."""
    found = {"prog": set(), "link": set(), "map": set()}
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        with contextlib.suppress(OSError):
            for line in info.read_text(encoding="ascii").splitlines():
                kind, _, number = line.partition("_id:")
                if kind in found:
                    found[kind].add(int(number))
    return found


def maps(pid):
    """What `bpftool map show` says of each map of a process."""
    mine = held(pid)["map"]
    return [one for one in bpftool("map", "show") if one["id"] in mine]


def elements(pid):
    """How many connections the kernel's tables hold for a tracer."""
    return sum(len(bpftool("map", "dump", "id", one["id"]))
               for one in maps(pid) if one["name"] in FOLLOWED)


def resident(pid):
    """Bytes; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def links(pid):
    """What the kernel tells of each link, and of each perf event, which is one where it is older."""
    told = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it is let go just now
            if os.readlink(path) in LINKS:
                told.append((path.parents[1] / "fdinfo" / path.name).read_text("ascii"))
    return told


def files(pid):
    """The other descriptors: how many."""
    return len(os.listdir(f"/proc/{pid}/fd")) - len(links(pid))


def of(pid):
    return Footprint(resident(pid), sum(one["bytes_memlock"] for one in maps(pid)), files(pid),
                     len(links(pid)))
