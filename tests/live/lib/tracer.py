# SPDX-License-Identifier: MIT
"""`connspan record`, started and stopped in order, and its file."""
import os
import signal
import time
from pathlib import Path

from . import host
from .entries import File
from .process import PATIENCE_S, Process

FORBIDS = {"--no-wire": "wire", "--no-uprobes": "tls"}


class Tracer:
    """Traces into a file of `folder`; ready when the constructor returns."""

    count = 0
    forced = ()  # options of every tracer
    reads_kernel = True  # the host lets BPF programs read its memory
    expected = {}  # the hooks every tracer must say it uses, unless its own options forbid

    def __init__(self, folder, *options, command=None, **process_options):
        Tracer.count += 1
        options = (*self.forced, *options)
        self.path = Path(folder) / f"entries-{os.getpid()}-{Tracer.count}.ndjson"
        args = [host.connspan(), "record", "-o", self.path, *options]
        if command:
            args += ["--", *command]
        self.process = Process(args, **process_options)
        self.tracing = self.process.wait_line("connspan: tracing", "stderr")
        self.file = None
        self._check_hooks(options)

    @property
    def hooks(self):
        """{"connect": "fentry", ...} of the tracing line."""
        return dict(word.split("=", 1) for word in self.tracing.split()[2:])

    def _check_hooks(self, options):
        off = {FORBIDS[option] for option in options if option in FORBIDS}
        if "wire" in off and not self.reads_kernel:
            off.add("tls")  # neither packets nor descriptors tie a handshake to its socket
        for hook, value in self.expected.items():
            wanted = "off" if hook in off else value
            if self.hooks[hook] != wanted:
                raise AssertionError(f"{hook} should be {wanted}: {self.tracing}")

    def read(self):
        """What is in the file by now; a line half written is left out."""
        text = self.path.read_text(encoding="utf-8")
        return File(text[: text.rfind("\n") + 1])

    def wait_entry(self, wanted):
        """The first entry for which wanted(entry) holds. Entries come when connections complete."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            entries = self.read().entries if self.path.exists() else []
            for entry in entries:
                if wanted(entry):
                    return entry
            time.sleep(0.05)
        shown = [(e["name"], e.key, e.connection["outcome"]) for e in entries]
        raise AssertionError(f"no such entry in {PATIENCE_S} s among {shown}")

    def stop(self, number=signal.SIGINT):
        """Ends it by a signal, checks the whole file and returns it."""
        self.process.signal(number)
        return self.join()

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
