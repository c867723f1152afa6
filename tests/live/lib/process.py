# SPDX-License-Identifier: MIT
"""A child process whose lines are read as they come: tests wait for lines, never for time."""
import json
import subprocess
import threading
import time

PATIENCE_S = 30  # how long a line that must come may take on a drowning machine


class Process:
    def __init__(self, args, **options):
        self.args = [str(arg) for arg in args]
        self.lines = {"stdout": [], "stderr": []}
        self.changed = threading.Condition()
        options.setdefault("stdin", subprocess.PIPE)
        self.popen = subprocess.Popen(
            self.args,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            **options,
        )
        self.pid = self.popen.pid
        self.readers = [self._reader(name) for name in ("stdout", "stderr")]

    def _reader(self, name):
        def run():
            for line in getattr(self.popen, name):
                with self.changed:
                    self.lines[name].append(line.rstrip("\n"))
                    self.changed.notify_all()
            with self.changed:
                self.changed.notify_all()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def wait_line(self, text, stream="stdout"):
        """The first line with `text` in it; fails when the stream ends without one."""
        end = time.monotonic() + PATIENCE_S
        reader = self.readers[0 if stream == "stdout" else 1]
        with self.changed:
            while time.monotonic() < end:
                for line in self.lines[stream]:
                    if text in line:
                        return line
                if not reader.is_alive():
                    break
                self.changed.wait(0.5)
        raise AssertionError(f"no line with {text!r} from {self.args}: {self.lines}")

    def json(self):
        """What standard output says, where it is JSON lines."""
        return [json.loads(line) for line in self.lines["stdout"] if line.startswith("{")]

    def tell(self, line=""):
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def signal(self, number):
        if self.popen.poll() is None:
            self.popen.send_signal(number)

    def wait(self, timeout=PATIENCE_S):
        """The exit status; every line was read when it returns."""
        if self.popen.stdin:
            self.popen.stdin.close()
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"{self.args} did not end in {timeout} s: {self.lines}") from None
        for reader in self.readers:
            reader.join(5)
        return status

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
        return self.wait()
