# SPDX-License-Identifier: MIT
"""Observers of `record --listen`: `connspan observe`, and bare sockets that speak its protocol."""
import json
import os
import signal
import socket
import time

from . import host, programs
from .cli import CliCase
from .process import PATIENCE_S, Process

NOBODY = 65534
BUFFERED = b"connspan 1 buffered\n"


def as_nobody():
    return (host.tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


class Bare:
    """One socket. Reads whole lines, when asked to."""

    def __init__(self, path, request=BUFFERED):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))  # waits where one with a timeout would not
        self.socket.settimeout(PATIENCE_S)
        self.rest = b""
        self.lines = []
        if request:
            self.socket.sendall(request)

    def fileno(self):
        return self.socket.fileno()

    def read(self):
        """Takes what is there, or waits for some. False: the end."""
        data = self.socket.recv(1 << 16)
        *whole, self.rest = (self.rest + data).split(b"\n")
        self.lines += map(json.loads, whole)
        return bool(data)

    def read_until(self, done):
        while not done(self):
            if not self.read():
                raise AssertionError(f"the end came first: {self.lines[-3:]}")

    def read_all(self):
        while self.read():
            pass

    def of(self, kind):
        return [line for line in self.lines if line["entryType"] == kind]

    @property
    def entries(self):
        return self.of("resource")

    @property
    def dropped(self):
        told = self.of("connspan.dropped")
        return told[-1]["dropped"] if told else 0

    @property
    def is_live(self):
        return bool(self.of("connspan.live"))

    def close(self):
        self.socket.close()


class ObserverCase(CliCase):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        os.chmod(self.here, 0o755)
        self.socket = self.here / "socket"
        self.echo = self.server()

    def record(self, *options):
        """Traces what this test starts, and listens; ready when it returns."""
        process = Process([host.connspan(), "record", "-p", os.getpid(), "-o", self.out,
                           "--listen", self.socket, *options])
        self.addCleanup(process.stop)
        process.wait_line("connspan: tracing", "stderr")
        return process

    def end(self, process, number=signal.SIGINT):
        """Ends a tracer in order; nothing may be missing in its file."""
        process.signal(number)
        self.assertEqual(process.wait(), 0, process.lines)
        file = self.file()
        self.assertEqual(file.lost, {})
        return file

    def observe(self, *options, prefix=()):
        """`connspan observe`; it observes when this returns: its header is there."""
        process = Process([*prefix, host.connspan(), "observe", "--socket", self.socket,
                           "-f", "ndjson", *options])
        self.addCleanup(process.stop)
        process.wait_line("connspan.header")
        return process

    def bare(self, request=BUFFERED):
        observer = Bare(self.socket, request)
        self.addCleanup(observer.close)
        return observer

    def connect(self, count=1, prefix=()):
        programs.run([*prefix, host.program("marks"), "--connections", count, self.echo.at,
                      "connect", "send=x", "recv", "close"])

    def until(self, found, what):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            value = found()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"in {PATIENCE_S} s not {what}")

    def seen(self, process, count):
        """The first `count` entries that an observer printed."""
        return self.until(lambda: (found := entries(process))[count - 1 :] and found,
                          f"{count} entries: {process.lines}")


def entries(process):
    return [line for line in process.json() if line["entryType"] == "resource"]
