# SPDX-License-Identifier: MIT
"""`connspan record`, started and stopped in order, and its file."""
import os
import signal
import time
from pathlib import Path

from . import host
from .entries import File, Growing
from .process import PATIENCE_S, Process

FORBIDS = {"--no-wire": "wire", "--no-uprobes": "tls"}


class Tracer:
    """Traces into a file of `folder`; ready when the constructor returns."""

    count = 0
    forced = ()  # options of every tracer
    reads_kernel = True  # the host lets BPF programs read its memory
    expected = {}  # the hooks every tracer must say it uses, unless its own options forbid

    def __init__(self, folder, *options, command=None, prefix=(), **process_options):
        Tracer.count += 1
        self.options = options = (*self.forced, *options)
        self.path = Path(folder) / f"entries-{os.getpid()}-{Tracer.count}.ndjson"
        args = [*prefix, host.connspan(), "record", "-o", self.path, *options]
        if command:
            args += ["--", *command]
        self.process = Process(args, **process_options)
        self.tracing = self.process.wait_line("connspan: tracing", "stderr")
        self.file = None
        self.growing = Growing(self.path)
        self._check_hooks(options)

    @property
    def hooks(self):
        """{"connect": "fentry", ...} of the tracing line."""
        return dict(word.split("=", 1) for word in self.tracing.split()[2:])

    @property
    def sees_wire(self):
        """Whether every handshake is seen, and what its hellos say."""
        return self.hooks["wire"] != "off"

    def _check_hooks(self, options):
        off = {FORBIDS[option] for option in options if option in FORBIDS}
        if "wire" in off and not self.reads_kernel:
            off.add("tls")  # neither packets nor descriptors tie a handshake to its socket
        for hook, value in self.expected.items():
            wanted = "off" if hook in off else value
            if self.hooks[hook] != wanted:
                raise AssertionError(f"{hook} should be {wanted}: {self.tracing}")

    def entries(self):
        """What is in the file by now."""
        return self.growing.entries()

    def wait_entries(self, wanted, count=1):
        """At least so many entries for which wanted(entry) holds. They come when connections
        complete."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = [entry for entry in self.entries() if wanted(entry)]
            if len(found) >= count:
                return found
            time.sleep(0.05)
        shown = [(e["name"], e.key, e.connection["outcome"]) for e in self.entries()]
        raise AssertionError(f"no such entry in {PATIENCE_S} s among {shown}")

    def wait_entry(self, wanted):
        """The first entry for which wanted(entry) holds."""
        return self.wait_entries(wanted)[0]

    def stop(self, number=signal.SIGINT):
        """Ends it by a signal, checks the whole file and returns it."""
        self.process.signal(number)
        return self.join()

    def finish(self):
        """Ends it; nothing may have been lost."""
        lost = self.stop().lost
        if lost:
            raise AssertionError(f"lost: {lost}")

    def join(self, status=0):
        """Waits for its end (that of its command), checks the whole file and returns it."""
        ended = self.process.wait(timeout=120)
        said = self.process.lines["stderr"]
        if ended != status:
            raise AssertionError(f"connspan ended with {ended}, not {status}: {said}")
        self.file = File(self.path.read_text(encoding="utf-8"))
        self.file.check_ended()
        said = {hook: self.hooks[hook] for hook in self.file.header["hooks"]}
        if self.file.header["hooks"] != said:
            raise AssertionError(f"not the hooks of the tracing line: {self.file.lines[0]}")
        return self.file

    @property
    def done(self):
        """{"entries": 5, ...} of the closing line."""
        line = self.process.wait_line("connspan: done", "stderr").split("(")[0]
        return {key: int(n) for key, n in (word.split("=") for word in line.split()[2:])}
