# SPDX-License-Identifier: MIT
"""Files that last: rotated, compressed, moved away, full, read-only, removed. (Killed: test_killed.py.)"""
import ctypes
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import time

from lib import host, programs
from lib.case import main
from lib.cli import CliCase
from lib.entries import File
from lib.process import PATIENCE_S, Process

LIBC = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_REMOUNT, MNT_DETACH = 1, 32, 2
CLOSED = "*.[0-9][0-9][0-9][0-9].ndjson*"


class FileCase(CliCase):
    def setUp(self):
        super().setUp()
        self.echo = self.server()

    def record(self, *options, path=None):
        """Traces what this test starts; ready when it returns."""
        process = Process([host.connspan(), "record", "-p", os.getpid(), "-o", path or self.out,
                           *options])
        self.addCleanup(process.stop)
        process.wait_line("connspan: tracing", "stderr")
        return process

    def connect(self, count=1):
        for _ in range(count):
            programs.marks(self.echo.at, "connect", "send=x", "recv", "close")

    def burst(self, count):
        """As many connections by one process, in a moment."""
        programs.run([host.program("marks"), "--connections", count, self.echo.at,
                      "connect", "send=x", "recv", "close"])

    def until(self, found, what):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            value = found()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"in {PATIENCE_S} s not {what}")

    def lines(self, path):
        """Every line of a file is one JSON object, whole."""
        data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
        self.assertTrue(not data or data.endswith(b"\n"), f"{path} ends in a torn line")
        return [json.loads(line) for line in data.splitlines()]

    def count(self, *paths):
        return sum(line["entryType"] == "resource" for path in paths for line in self.lines(path))

    def closed(self):
        return sorted(path for path in self.here.glob(CLOSED) if path.suffix != ".part")

    def wait_entries(self, number, path=None):
        path = path or self.out
        found, offset = 0, 0

        def look():
            nonlocal found, offset
            with path.open("rb") as file:
                file.seek(offset)
                fresh = file.read()
            fresh = fresh[: fresh.rfind(b"\n") + 1]
            found, offset = found + fresh.count(b'"resource"'), offset + len(fresh)
            return found >= number

        self.until(lambda: path.exists() and look(), f"{number} entries in {path}")


class Rotation(FileCase):
    def test_by_size(self):
        process = self.record("--rotate-size", "16K")
        self.burst(100)
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        closed = self.closed()
        self.assertGreater(len(closed), 5)
        self.assertEqual(self.count(*closed, self.out), 100)
        for path in closed:
            self.assertLess(path.stat().st_size, 16384 + 8192)
        for path in *closed, self.out:  # each is a file of its own
            kinds = [line["entryType"] for line in self.lines(path)]
            self.assertEqual((kinds[0], kinds[-1]), ("connspan.header", "connspan.stats"), path)
            self.assertEqual(kinds.count("connspan.header"), 1)
        numbers = [line["id"] for path in (*closed, self.out) for line in self.lines(path)
                   if line["entryType"] == "resource"]
        self.assertEqual(numbers, sorted(numbers), "names sort by time")

    def test_by_time(self):
        process = self.record("--rotate-every", "1s")
        self.connect()
        self.until(self.closed, "closed")
        self.connect()
        self.until(lambda: len(self.closed()) == 2, "closed again")
        process.signal(signal.SIGINT)
        process.wait()
        self.assertEqual(self.count(*self.closed(), self.out), 2)
        self.assertEqual(len(self.closed()), 2, "a file without entries was closed")

    def test_compresses_and_keeps(self):
        process = self.record("--rotate-size", "16K", "--keep", "3", "--compress")
        self.burst(100)
        self.until(lambda: len(self.closed()) == 3
                   and all(path.suffix == ".gz" for path in self.closed()), "tidied up")
        newest = self.closed()[-1]
        process.signal(signal.SIGINT)
        process.wait()
        self.assertGreater(self.count(newest), 0)
        for path in self.closed():
            if path.suffix == ".gz":
                subprocess.run(["gzip", "-t", path], check=True)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_finishes_what_a_killed_run_left(self):
        left = self.here / "out.20200101T000000Z.0001.ndjson"
        left.write_text('{"entryType":"resource"}\n', encoding="ascii")
        half = self.here / "out.20200101T000000Z.0002.ndjson.gz.part"
        half.write_bytes(b"half")
        self.record("--rotate-size", "1G", "--compress")
        self.until(lambda: not left.exists() and not half.exists(), "tidied up")
        self.assertEqual(self.count(left.with_name(left.name + ".gz")), 1)

    def test_documents_rotate_whole(self):
        har = self.here / "out.har"
        process = self.record("--rotate-size", "16K", path=har)
        self.burst(30)
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        found = [json.loads(path.read_text())["log"]["entries"]
                 for path in self.here.glob("out*.har")]
        self.assertGreater(len(found), 2)
        self.assertEqual(sum(map(len, found)), 30)

    def test_usage(self):
        self.refused("record", "--keep", "3", "--", "true", status=2, say="--rotate-size")
        self.refused("record", "--rotate-size", "7", "--", "true", status=2, say="at least 4K")


class Reopening(FileCase):
    def test_after_logrotate(self):
        logrotate = host.tool("logrotate")
        process = self.record()
        self.connect()
        self.wait_entries(1)
        config, state = self.here / "conf", self.here / "state"
        config.write_text(f"{self.out} {{\n rotate 3\n create 0600\n postrotate\n"
                          f"  kill -HUP {process.pid}\n endscript\n}}\n", encoding="utf-8")
        config.chmod(0o644)
        subprocess.run([logrotate, "-f", "-s", state, config], check=True, timeout=PATIENCE_S)
        moved = self.here / "out.ndjson.1"
        self.until(lambda: self.out.stat().st_size > 0, "begun anew")
        self.connect()
        self.wait_entries(1)
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        self.assertEqual((self.count(moved), self.count(self.out)), (1, 1))
        self.assertEqual(self.lines(moved)[-1]["entryType"], "connspan.stats")
        self.assertEqual(self.lines(self.out)[0]["entryType"], "connspan.header")

    def test_a_document_that_stayed_is_kept(self):
        har = self.here / "out.har"
        process = self.record("-o", self.out, path=har)
        self.connect()
        self.wait_entries(1)
        process.signal(signal.SIGHUP)
        self.until(lambda: self.out.read_bytes().count(b"connspan.header") == 2, "reopened")
        self.connect()
        self.wait_entries(2)
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(len(json.loads(har.read_text())["log"]["entries"]), 2)

    def test_hangup_of_the_terminal_ends_the_run(self):
        keeper, terminal = os.openpty()
        process = Process([host.tool("setsid"), "-c", host.connspan(), "record", "-q", "-o",
                           self.out], stdin=terminal)
        os.close(terminal)
        self.until(lambda: self.out.exists() and self.out.stat().st_size, "begun")
        os.close(keeper)
        self.assertEqual(process.wait(), 0)
        self.file()


class DiskCase(FileCase):
    """A disk of its own under disk/; what is traced goes to this.other, too."""

    def setUp(self):
        super().setUp()
        self.disk = self.here / "disk"
        self.disk.mkdir()
        self.attach()
        self.other, self.out = self.out, self.disk / "out.ndjson"

    def mount(self, source, kind, flags=0, data=""):
        if LIBC.mount(source.encode(), str(self.disk).encode(), kind.encode(), flags,
                      data.encode()):
            self.skipTest(f"no {kind} here: {os.strerror(ctypes.get_errno())}")
        if not flags & MS_REMOUNT:
            self.addCleanup(LIBC.umount2, str(self.disk).encode(), MNT_DETACH)

    def record(self, *options, path=None):
        return super().record("-o", self.other, *options, path=path)

    def done(self, process, status=0):
        """{"entries": "5", ...} of the last line."""
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), status, process.lines)
        line = process.wait_line("connspan: done", "stderr")
        return dict(word.split("=") for word in re.findall(r"[a-zA-Z]+=[0-9]+", line))

    def said(self, process, text):
        return len([line for line in process.lines["stderr"] if text in line])


class SmallDisk(DiskCase):
    def attach(self):
        self.mount("tmpfs", "tmpfs", 0, "size=64k")

    def enlarge(self):
        self.mount("tmpfs", "tmpfs", MS_REMOUNT, "size=64m")

    def test_full_and_room_again(self):
        process = self.record()
        self.burst(100)  # 150 KB
        process.wait_line("No space left on device", "stderr")
        self.count(self.out)  # what is there is whole
        self.enlarge()
        process.wait_line("can be written again", "stderr")
        self.assertEqual(self.done(process)["dropped"], "0", "held, not dropped")
        self.assertEqual(self.count(self.out), 100)
        self.assertEqual(self.said(process, "No space left"), 1)

    def test_full_for_too_long(self):
        """More than is held: the rest is counted, and told in the file as soon as it can be."""
        process = self.record()
        self.burst(15_000)  # 21 MB
        self.wait_entries(15_000, self.other)
        process.wait_line("No space left on device", "stderr")
        self.enlarge()
        process.wait_line("can be written again", "stderr")
        self.until(lambda: b"connspan.stats" in self.out.read_bytes(), "told")
        told = [line for line in self.lines(self.out) if line["entryType"] == "connspan.stats"]
        done = self.done(process, status=1)
        self.assertGreater(told[0]["dropped"]["output"], 0)
        self.assertEqual(int(done["entries"]), self.count(self.out) + int(done["output"]))
        self.assertEqual(self.count(self.other), 15_000)
        self.assertEqual(self.said(process, "No space left"), 1)

    def test_documents_stay_whole_on_a_full_disk(self):
        har = self.disk / "out.har"
        process = self.record(path=har)
        self.burst(100)
        process.wait_line("No space left on device", "stderr")
        json.loads(har.read_text())
        self.enlarge()
        process.wait_line("can be written again", "stderr")
        self.assertEqual(self.done(process)["dropped"], "0")
        self.assertEqual(len(json.loads(har.read_text())["log"]["entries"]), 100)

    def test_folder_vanishes_and_comes_back(self):
        folder = self.disk / "folder"
        folder.mkdir()
        out = folder / "out.ndjson"
        process = self.record(path=out)
        self.connect()
        self.wait_entries(1, out)
        shutil.rmtree(folder)
        self.connect()
        process.wait_line("No such file or directory", "stderr")
        folder.mkdir()
        process.wait_line("can be written again", "stderr")
        self.assertEqual(self.done(process)["dropped"], "0")
        kinds = [line["entryType"] for line in self.lines(out)]
        self.assertEqual(kinds, ["connspan.header", "resource", "connspan.stats"])


class BlockDisk(DiskCase):
    """ext4, which can be frozen and which turns read-only when it finds an error."""

    def attach(self):
        image = self.here / "image"
        with open(image, "wb") as file:
            file.truncate(16 << 20)
        subprocess.run([host.tool("mkfs.ext4"), "-q", "-O", "^has_journal", image], check=True)
        found = subprocess.run([host.tool("losetup"), "-f", "--show", image],
                               capture_output=True, text=True, check=False)
        if found.returncode:
            self.skipTest(f"no loop devices here: {found.stderr}")
        self.device = found.stdout.strip()
        self.addCleanup(subprocess.run, [host.tool("losetup"), "-d", self.device], check=False)
        self.mount(self.device, "ext4", 0, "errors=remount-ro")

    def freeze(self, word):
        subprocess.run([host.tool("fsfreeze"), word, self.disk], check=True, timeout=PATIENCE_S)

    def test_a_disk_that_hangs_holds_nobody_up(self):
        process = self.record()
        self.connect()
        self.wait_entries(1)
        self.freeze("-f")
        try:
            self.burst(50)
            self.wait_entries(51, self.other)
            process.signal(signal.SIGHUP)
            self.connect()
            self.wait_entries(52, self.other)
        finally:
            self.freeze("-u")
        self.wait_entries(52)
        self.assertEqual(self.done(process)["dropped"], "0")

    def test_read_only_and_back(self):
        process = self.record()
        self.connect()
        self.wait_entries(1)
        os.sync()
        name = os.path.basename(self.device)
        with open(f"/sys/fs/ext4/{name}/trigger_fs_error", "w", encoding="ascii") as trigger:
            trigger.write("test")
        self.connect()
        process.wait_line("Read-only file system", "stderr")
        self.assertEqual(LIBC.umount2(str(self.disk).encode(), 0), 0, "it is still held")
        self.mount(self.device, "ext4")
        process.wait_line("can be written again", "stderr")
        self.assertEqual(self.done(process)["dropped"], "0")
        self.assertEqual(self.count(self.out), 2)

    def test_read_only_from_the_start(self):
        self.mount(self.device, "ext4", MS_REMOUNT | MS_RDONLY)
        self.refused("record", "-o", self.out, "--", "true", status=1,
                     say="Read-only file system")


class Pipe(FileCase):
    def test_a_reader_stopped_for_ten_seconds_holds_nobody_up(self):
        fifo, read = self.here / "fifo.ndjson", self.here / "read"
        os.mkfifo(fifo)
        with open(read, "wb") as file:
            reader = subprocess.Popen(["cat", fifo], stdout=file)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        process = self.record("-o", fifo)
        self.connect()
        self.wait_entries(1, read)
        reader.send_signal(signal.SIGSTOP)
        (load,) = programs.run([host.program("load"), "--clients", 1, "--seconds", 10])
        made = 1 + load["connections"]
        self.wait_entries(made)  # the file beside it has all of them
        reader.send_signal(signal.SIGCONT)
        self.until(lambda: b"connspan.stats" in read.read_bytes()[-65536:], "told")
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 1)
        self.assertEqual(reader.wait(PATIENCE_S), 0)
        stats = [json.loads(line) for line in read.open("rb") if b'"connspan.stats"' in line]
        self.assertGreater(stats[0]["total"]["output"], 0)
        count = sum(b'"resource"' in line for line in read.open("rb"))
        self.assertEqual(count + stats[-1]["total"]["output"], made)
        print(f"{made:,} connections while a pipe's reader stood still: it read {count:,}, "
              f"{made - count:,} were counted as dropped")


if __name__ == "__main__":
    main()
