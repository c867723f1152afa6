# SPDX-License-Identifier: MIT
"""More than anybody asks for: the highest rate of connections that this machine can make, a hundred
thousand of them held open, a million that come and go. Each is an entry or counted, and the tracer
is afterwards what it was before. CONNSPAN_LONG=1: five minutes and a million, not CI's share."""
import ctypes
import json
import os
import re
import threading
import time
from pathlib import Path

from lib import footprint, host, programs
from lib.case import main
from lib.cli import EXCHANGE
from lib.process import Process
from test_faults import FaultCase

LONG = os.environ.get("CONNSPAN_LONG") == "1"
LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
MIB = 1 << 20
ENTRY, OTHER = b'{"entryType":"resource"', b'{"entryType":"connspan.'


class Tally:
    """Counts the entries that come out of a descriptor, and keeps the newest other line."""

    def __init__(self):
        self.entries = 0
        self.rest = b""
        self.stats = {}

    def take(self, data):
        whole, newline, rest = data.rpartition(b"\n")
        if not newline:
            self.rest += rest
            return
        lines = self.rest + whole
        self.rest = rest
        self.entries += lines.count(ENTRY)
        at = lines.rfind(OTHER + b'stats"')
        if at >= 0:
            self.stats = json.loads(lines[at:].split(b"\n", 1)[0])

    def read(self, descriptor):
        while data := os.read(descriptor, MIB):
            self.take(data)


class OverloadCase(FaultCase):
    options = None

    @classmethod
    def set_up(cls):
        """Nothing: each test has a tracer and servers of its own."""

    def record(self, *options, command=(), **more):
        """A tracer of what this test starts; ready when it returns."""
        who = () if command else ("-p", os.getpid())
        process = Process([host.connspan(), "record", *who, *options, *command],
                          env=footprint.environment(), **more)
        self.addCleanup(process.stop)
        process.wait_line("connspan: tracing", "stderr")
        return process

    def done(self, process):
        """{"entries": 5, ...} of the last line of a tracer; "dropped" are connections, without
        what programs mapped that was not looked at."""
        self.assertIn(process.wait(600), (0, 1), process.lines["stderr"][-5:])  # 1: output lost
        line = process.wait_line("connspan: done", "stderr")
        done = {key: int(n) for key, n in re.findall(r"(\w+)=([0-9]+)", line)}
        done["dropped"] -= done.get("mmap", 0)
        return done

    def storm(self, *options):
        return [host.program("storm"), *map(str, options)]

    def made(self, process):
        """What the storm says of itself, as a child of the tracer or alone."""
        process.wait_line("{")
        return process.json()[0]

    def check_complete(self, made, entries, dropped):
        """Not one is missing uncounted; how many may be counted is said for what users run."""
        self.assertEqual(entries + dropped, made)
        if not footprint.is_sanitized():
            self.assertLessEqual(dropped, made / 1000)


class Rate(OverloadCase):
    """Eight processes as fast as they can, on a machine that has nothing left for the tracer."""

    def watch(self, process):
        """Resident bytes, every half second, until it ends."""
        sizes = []
        while process.popen.poll() is None:
            sizes.append(footprint.resident(process.pid))
            time.sleep(0.5)
        return [size for size in sizes if size]

    def check_flat(self, sizes):
        """But for what may wait for a reader."""
        third = len(sizes) // 3
        self.assertLess(max(sizes[2 * third :]), max(sizes[:third]) + 24 * MIB, sizes)

    def say(self, made, entries, dropped, sizes):
        print(f"{made['connections']:,} connections, {made['perSecond']:,.0f} a second: "
              f"{entries:,} entries, dropped {dropped}, "
              f"{min(sizes) / MIB:.1f} to {max(sizes) / MIB:.1f} MiB resident")

    def hurry(self, priority=-10):
        """Who reads, among eight that never rest, must come to its turn, as the tracer sees to for
        itself: this thread."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), priority)

    def read(self, tally, pipe):
        self.hurry()
        tally.read(pipe)

    def test_into_a_pipe(self):
        ours, theirs = os.pipe()
        process = self.record("-o", f"ndjson:/dev/fd/{theirs}", pass_fds=(theirs,), command=(
            "--", *self.storm("--seconds", 300 if LONG else 30)))
        os.close(theirs)
        tally = Tally()
        reader = threading.Thread(target=self.read, args=(tally, ours))
        reader.start()
        sizes = self.watch(process)
        reader.join()
        os.close(ours)
        done, made = self.done(process), self.made(process)
        self.say(made, tally.entries, done["dropped"], sizes)
        self.assertEqual(tally.rest, b"")
        lost = {name: count for name, count in tally.stats["total"].items() if count}
        self.assertEqual({"entries": tally.stats["entries"], "failures": 0, **lost},
                         {name: count for name, count in done.items() if name != "dropped"})
        self.check_complete(made["connections"], tally.entries, done["dropped"])
        self.check_flat(sizes)

    def mount(self, bytes_):
        disk = Path(self.folder) / "disk"
        disk.mkdir()
        if LIBC.mount(b"tmpfs", str(disk).encode(), b"tmpfs", 0, f"size={bytes_}".encode()):
            self.skipTest(f"no tmpfs here: {os.strerror(ctypes.get_errno())}")
        self.addCleanup(LIBC.umount2, str(disk).encode(), MNT_DETACH)
        return disk

    def ship(self, disk, tally):
        """Counts and removes what was closed, as who collects logs does."""
        for path in disk.glob("*.[0-9][0-9][0-9][0-9].ndjson"):
            with path.open("rb") as file:
                tally.read(file.fileno())
            path.unlink()

    def test_rotating_on_tmpfs(self):
        disk, tally, sizes = self.mount(4 << 30), Tally(), []
        process = self.record("-o", disk / "out.ndjson", "--rotate-size", "64M", command=(
            "--", *self.storm("--seconds", 30)))
        self.hurry()
        self.addCleanup(self.hurry, 0)
        while process.popen.poll() is None:
            sizes.append(footprint.resident(process.pid))
            self.ship(disk, tally)
            time.sleep(0.1)
        done, made = self.done(process), self.made(process)
        self.ship(disk, tally)
        with (disk / "out.ndjson").open("rb") as file:
            tally.read(file.fileno())
        sizes = [size for size in sizes if size]
        self.say(made, tally.entries, done["dropped"], sizes)
        self.check_complete(made["connections"], tally.entries, done["dropped"])
        self.check_flat(sizes)


class Held(OverloadCase):
    """Established, and not a byte: what the tracer has to keep longest."""

    COUNT = 100_000

    def hold(self, count):
        """So many that stay open until the returned process is told to end."""
        process = Process(self.storm("--processes", 64, "--connections", count, "--hold"))
        self.addCleanup(process.stop)
        self.assertEqual(self.made(process)["connections"], count)
        return process

    def check_new(self, process, path):
        """Who connects now is seen."""
        server = programs.Server()
        self.addCleanup(server.stop)
        (own,) = programs.marks(server.at, *EXCHANGE)
        told = f'"localPort":{own["localPort"]},"remoteAddress":"127.0.0.1",' \
               f'"remotePort":{server.port},'.encode()
        self.until(lambda: told in path.read_bytes(), "told")
        self.assertIsNone(process.popen.poll())

    def count(self, path):
        return path.read_bytes().count(ENTRY)

    def until_all(self, path, count):
        self.until(lambda: self.count(path) >= count, f"{count} entries")

    def test_100000(self):
        path = Path(self.folder) / "held.ndjson"
        process = self.record("-o", path)
        rest = footprint.of(process.pid)
        held = self.hold(self.COUNT)
        self.until_all(path, self.COUNT)
        peak = footprint.of(process.pid)
        self.check_new(process, path)
        held.stop()
        self.until(lambda: not footprint.elements(process.pid), "rid of them")
        process.signal(2)
        done = self.done(process)
        print(f"{self.COUNT:,} held: at rest {rest}, then {peak}")
        self.assertEqual((done["entries"], done["dropped"]), (self.COUNT + 1, 0))
        self.assertLessEqual(peak.maps, 40 * MIB)
        if not footprint.is_sanitized():
            self.assertLessEqual(rest.all, 20 * MIB, rest)
            self.assertLessEqual(peak.all, 64 * MIB, peak)

    def test_no_room(self):
        path = Path(self.folder) / "full.ndjson"
        process = self.record("-o", path, "--max-pending", 2048)
        held = self.hold(20_000)
        self.until(lambda: footprint.elements(process.pid) <= 1024, "room again")
        self.check_new(process, path)
        held.stop()
        process.signal(2)
        done = self.done(process)
        print(f"20,000 in a table of 2,048: {done}")
        self.assertGreater(done["connectionsFull"], 0)
        self.assertGreater(done["forgotten"], 0)  # told, then idle: they made room
        self.assertEqual(done["entries"] + done["dropped"], 20_001)


class Gone(OverloadCase):
    def test_a_million(self):
        """They leave nothing: no element in a map, no descriptor, no memory."""
        process = self.record("-o", "/dev/null")
        total = 0
        for count in (20_000, 1_000_000 if LONG else 200_000):
            before = footprint.of(process.pid)
            storm = Process(self.storm("--connections", count))
            self.assertEqual(storm.wait(600), 0)
            made = self.made(storm)
            total += made["connections"]
            self.until(lambda: not footprint.elements(process.pid), "rid of them")
        self.until(lambda: footprint.files(process.pid) <= before.files, "with as few descriptors")
        after = footprint.of(process.pid)
        process.signal(2)
        done = self.done(process)
        print(f"{total:,} connections, {made['perSecond']:,.0f} a second: {done}; "
              f"{before}, then {after}")
        self.check_complete(total, done["entries"], done["dropped"])
        self.assertLessEqual(after.maps, before.maps + MIB)
        self.assertLessEqual(after.resident, before.resident + 4 * MIB)


if __name__ == "__main__":
    main()
