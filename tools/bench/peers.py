# SPDX-License-Identifier: MIT
"""Other tools as watchers: those that are installed and can run here. Each writes to a file, and is
asked afterwards how many of the load's connections it has."""
import collections
import contextlib
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import machine
from lib import footprint

READY_S = 30
SETTLED_S = 0.5  # no program more in this time: all are attached
DRAIN_S = 1  # what is buffered is read
TRACEFS = Path("/sys/kernel/tracing")
ERROR = re.compile(r"error|fail|unable|cannot|no such|not permitted|denied|invalid", re.IGNORECASE)
SAID_LOST = re.compile(r"(\d+) packets? dropped|lost (\d+) events?|dropped (\d+)", re.IGNORECASE)


def most_common(numbers):
    """How often the commonest comes: the port of the load's server, among whatever else there is."""
    return max(collections.Counter(numbers).values(), default=0)


def column(lines, number, wanted=""):
    """That word of each line that has `wanted` in it."""
    return (words[number] for words in map(str.split, lines)
            if len(words) > number and wanted in " ".join(words))


class Peer:
    """A context, like watch.Connspan. It watches when it is entered, or Absent says why not."""

    name = load = lacks = ""
    options = ()
    ready = None  # what it says when it watches; None: its BPF programs are looked for

    def __init__(self, folder):
        self.folder = Path(folder)
        self.out, self.err = self.folder / "peer.out", self.folder / "peer.err"
        self.lost = {}

    def command(self):
        return [machine.tool(self.name), *self.options]

    @classmethod
    def title(cls):
        version = machine.package_version(machine.PACKAGES.get(cls.name, cls.name))
        return f"{cls.name} ({version})" if version else cls.name

    def count(self):
        """How many connections it tells of; None: of none by itself."""
        raise NotImplementedError

    def lines(self):
        return self.out.read_text(encoding="utf-8", errors="replace").splitlines()

    def said(self):
        return self.err.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self):
        return self.popen.pid

    def __enter__(self):
        command = list(map(str, self.command()))
        if not (TRACEFS / "events").exists():  # in a mount namespace of its own, then
            command = ["unshare", "-m", "sh", "-c",
                       f'mount -t tracefs none {TRACEFS}; exec "$@"', "sh", *command]
        with self.out.open("w") as out, self.err.open("w") as err:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                          cwd=self.folder, preexec_fn=unlimited)
        try:
            self._await()
        except machine.Absent:
            self._stop()
            raise
        return self

    def _programs(self):
        """How many BPF programs it holds."""
        held = 0
        for pid in machine.tree(self.pid):
            with contextlib.suppress(OSError):  # gone by now
                held += len(footprint.held(pid)["prog"])
        return held

    def _await(self):
        end = time.monotonic() + READY_S
        before = 0
        while time.monotonic() < end:
            if self.popen.poll() is not None:
                raise machine.Absent(self._reason())
            if self.ready:
                if self.ready in self.said():
                    return
                time.sleep(0.05)
                continue
            time.sleep(SETTLED_S)
            now = self._programs()
            if now and now == before:
                return
            before = now
        raise machine.Absent(f"not ready after {READY_S} s")

    def _reason(self):
        # bpftrace says that, if it works, too; a warning is not yet why.
        lines = [line.strip() for line in self.lines() + self.said().splitlines()
                 if line.strip() and not re.search("RLIMIT_MEMLOCK|WARNING", line)]
        found = next(filter(ERROR.search, lines), lines[-1] if lines else "ended at once")
        return found.split(". ")[0]

    def _stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
        try:
            self.popen.wait(60)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def __exit__(self, *_):
        time.sleep(DRAIN_S)
        self._stop()

    def seen(self, _load):
        found = self.count()
        lost = sum(int(next(filter(None, each))) for each in SAID_LOST.findall(self.said()))
        self.lost = {"said": lost} if lost else {}
        return found


def unlimited():
    with contextlib.suppress(ValueError, OSError):  # it will say so itself, if it matters
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY,) * 2)


class TcpLife(Peer):
    name, load = "tcplife", "connect"
    lacks = "when it connected, how long that took, TLS, names; a line when closed"

    def count(self):
        return most_common(column(self.lines(), 5, "bench-load"))


class TcpStates(Peer):
    name, load = "tcpstates", "connect"
    lacks = "one record per connection; whose a state is that a packet changed; TLS, names"

    def count(self):
        return most_common(re.findall(r"\S+\s+\S+\s+(\d+)\s+SYN_SENT\s+-> ESTABLISHED",
                                      "\n".join(self.lines())))


class TcpConnLat(Peer):
    name, load = "tcpconnlat", "connect"
    lacks = "failures, TLS, names"

    def count(self):
        return most_common(column(self.lines(), 5, "bench-load"))


class BpfTrace(Peer):
    def command(self):
        return [machine.tool("bpftrace"), machine.tool(self.name)]


class TcpLifeBt(BpfTrace):
    name, load, lacks = "tcplife.bt", "connect", TcpLife.lacks
    count = TcpLife.count


class SslLatencyBt(BpfTrace):
    name, load = "ssllatency.bt", "full"
    lacks = "records: histograms of the host; whose, to whom, TCP, names"

    def count(self):
        """It keeps sums, and knows functions of processes that have ended by address alone."""


class SslSniff(Peer):
    name, load = "sslsniff-bpfcc", "full"
    lacks = "handshakes, addresses, TCP, names; tells what was said in clear"

    def count(self):
        return len(list(column(self.lines(), 1, "WRITE/SEND"))) // 2


class TcpDump(Peer):
    name, load, ready = "tcpdump", "connect", "listening on"
    lacks = "whose; times and names are for other tools to find, in every packet's bytes"

    def command(self):
        return [machine.tool("tcpdump"), "-i", "lo", "-w", self.folder / "peer.pcap", "tcp"]

    def count(self):
        capture = self.folder / "peer.pcap"
        read = subprocess.run([machine.tool("tcpdump"), "-nn", "-r", capture, "tcp[13] = 2"],
                              capture_output=True, text=True, check=False).stdout
        os.unlink(capture)
        return most_common(re.findall(r"> [\d.]+\.(\d+): Flags", read))


class TShark(TcpDump):
    name, ready = "tshark", "Capture started"

    def command(self):
        return [machine.tool("tshark"), "-q", "-i", "lo", "-w", self.folder / "peer.pcap",
                "-f", "tcp"]


ALL = TcpLife, TcpStates, TcpConnLat, TcpLifeBt, TcpDump, TShark, SslLatencyBt, SslSniff
