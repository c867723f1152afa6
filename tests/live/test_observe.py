# SPDX-License-Identifier: MIT
"""`record --listen` and who observes it: live, a hundred at once, slow, rude, without rights."""
import json
import os
import selectors
import signal
import socket
import stat

from lib import host
from lib.case import main
from lib.observers import NOBODY, Bare, ObserverCase, as_nobody, entries
from lib.process import Process


class Observing(ObserverCase):
    def test_entries_as_they_come(self):
        tracer = self.record()
        observer = self.observe()
        self.connect(2)
        self.seen(observer, 2)
        self.connect()
        self.assertEqual(len(self.seen(observer, 3)), 3)
        observer.signal(signal.SIGINT)
        self.assertEqual(observer.wait(), 0, observer.lines)
        last = observer.json()[-1]
        self.assertEqual((last["entryType"], last["entries"]), ("connspan.stats", 3))
        lines = self.end(tracer).lines
        self.assertEqual([line for line in observer.lines["stdout"] if '"resource"' in line],
                         [line for line in lines if '"resource"' in line])
        self.assertEqual(observer.json()[0]["timeOrigin"], json.loads(lines[0])["timeOrigin"])

    def test_buffered(self):
        tracer = self.record()
        first = self.observe()
        self.connect(3)
        self.seen(first, 3)
        late, later = self.observe("--buffered"), self.observe()
        self.assertEqual(len(self.seen(late, 3)), 3)
        self.connect()
        self.seen(late, 4)
        self.assertEqual(len(self.seen(later, 1)), 1, "what was before is not for who did not ask")
        self.end(tracer)

    def test_the_end_of_the_tracer_is_an_end_in_order(self):
        tracer = self.record()
        observer = self.observe()
        self.connect()
        self.end(tracer)
        self.assertEqual(observer.wait(), 0, observer.lines)
        self.assertEqual(len(entries(observer)), 1, "the last entry came before the end")
        self.assertFalse(self.socket.exists())

    def test_filters_and_duration(self):
        tracer = self.record()
        other = self.server()
        every = self.observe()
        one = self.observe("--port", other.port)
        none = self.observe("-c", "nobody", "-d", "3s")
        self.connect()
        self.echo = other
        self.connect()
        self.seen(every, 2)
        self.assertEqual([e["connection"]["remotePort"] for e in self.seen(one, 1)], [other.port])
        self.assertEqual(none.wait(), 0)
        self.assertEqual(entries(none), [])
        self.end(tracer)

    def test_a_table(self):
        tracer = self.record()
        self.connect()
        self.until(lambda: '"resource"' in self.out.read_text(), "the entry")
        observer = Process([host.connspan(), "observe", "--socket", self.socket, "--buffered",
                            "-f", "table"])
        self.addCleanup(observer.stop)
        self.assertIn("marks", observer.wait_line(str(self.echo.port)))
        self.end(tracer)


class Many(ObserverCase):
    def test_a_hundred_at_once(self):
        tracer = self.record()
        observers = [self.bare() for _ in range(100)]
        for observer in observers:
            observer.read_until(lambda o: o.is_live)
        self.connect(300)
        with selectors.DefaultSelector() as selector:
            for observer in observers:
                selector.register(observer, selectors.EVENT_READ, observer)
            while any(len(o.entries) + o.dropped < 300 for o in observers):
                for key, _ in selector.select(30) or self.fail("not all entries came"):
                    key.data.read()
        for observer in observers:
            self.assertEqual([e["id"] for e in observer.entries], list(range(1, 301)))
            self.assertEqual(observer.dropped, 0)
        self.assertEqual(len(self.end(tracer).entries), 300)

    def test_a_stopped_observer(self):
        """It is told what it missed; who reads, and the tracer's file, miss nothing by it."""
        count = 6000  # more than the backlog and all buffers hold
        tracer = self.record()
        stopped, reading = self.bare(), self.bare()
        program = self.observe()
        for observer in (stopped, reading):
            observer.read_until(lambda o: o.is_live)
        program.signal(signal.SIGSTOP)
        for _ in range(count // 500):
            self.connect(500)
            reading.read_until(lambda o: len(o.entries) + o.dropped >= 1)
        reading.read_until(lambda o: len(o.entries) + o.dropped == count)
        program.signal(signal.SIGCONT)
        stopped.read_until(lambda o: len(o.entries) + o.dropped == count)
        self.assertGreater(stopped.dropped, 0)
        ids = [entry["id"] for entry in stopped.entries]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual(ids[-1], count, "the newest are kept")
        self.until(lambda: self.accounted(program) == count, "all told or counted")
        self.assertEqual(len(self.end(tracer).entries), count)
        self.assertEqual(program.wait(), 0, program.lines["stderr"])
        last = program.json()[-1]
        self.assertEqual(last["entries"] + last["total"]["output"], count)
        self.assertGreater(last["total"]["output"], 0)

    def accounted(self, program):
        """What it printed, and what it said it was not sent."""
        printed = sum('"resource"' in line for line in list(program.lines["stdout"]))
        said = [line.split()[3] for line in program.lines["stderr"] if "too slow: " in line]
        return printed + sum(map(int, said))

    def test_an_observer_that_never_reads_does_not_hold_up_the_end(self):
        tracer = self.record()
        self.bare()
        self.connect(1000)
        self.assertEqual(len(self.end(tracer).entries), 1000)

    def test_too_many(self):
        tracer = self.record("--listen-all")
        observers = [self.bare(None) for _ in range(512)]
        extra = Bare(self.socket, None)
        extra.read_all()
        self.assertEqual(extra.of("connspan.error")[0]["error"], "too many observers")
        line = self.refused("observe", "--socket", self.socket, status=1, say="too many observers")
        self.assertIn("socket", line)
        for observer in observers:
            observer.close()
        self.until(lambda: self.admitted(), "room again")
        self.end(tracer)

    def admitted(self):
        observer = Bare(self.socket)
        observer.read()
        observer.close()
        return bool(observer.of("connspan.header"))


class Rude(ObserverCase):
    GARBAGE = (b"\0" * 1000, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"connspan 2\n",
               b"connspan 1 buffered extra\n", b"\n", b"x" * 1_000_000, os.urandom(4096),
               b"connspan 1\nconnspan 1\n", b"connspan 1\n" + b"x" * 100_000)

    def test_garbage(self):
        tracer = self.record()
        for data in self.GARBAGE:
            with self.subTest(data[:20]):
                rude = self.bare(None)
                try:
                    rude.socket.sendall(data)
                    rude.read_all()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it was turned away before all was said
                self.assertEqual(rude.entries, [])
        for _ in range(50):
            Bare(self.socket, None).close()
            Bare(self.socket).close()
        half = self.bare(b"connspan")
        half.close()
        self.still_serves(tracer)

    def test_silence_is_ended(self):
        tracer = self.record()
        silent = self.bare(None)
        silent.read_all()
        self.assertEqual(silent.of("connspan.error")[0]["error"], "no request came")
        self.still_serves(tracer)

    def test_who_says_no_more_may_listen(self):
        tracer = self.record()
        observer = self.bare()
        observer.socket.shutdown(socket.SHUT_WR)
        self.connect()
        observer.read_until(lambda o: o.entries)
        self.still_serves(tracer)

    def still_serves(self, tracer):
        observer = self.observe()
        self.connect()
        self.seen(observer, 1)
        self.end(tracer)


class Rights(ObserverCase):
    def test_others_entries_are_not_shown(self):
        tracer = self.record()
        mine = self.observe("--buffered", prefix=as_nobody())
        every = self.observe("--buffered")
        self.connect(2)
        self.connect(1, prefix=as_nobody())
        self.connect(2)
        self.seen(every, 5)
        self.assertEqual([e["process"]["uid"] for e in self.seen(mine, 1)], [NOBODY])
        late = self.observe("--buffered", prefix=as_nobody())
        self.assertEqual(len(self.seen(late, 1)), 1)
        self.end(tracer)
        for observer in (mine, late):
            self.assertEqual(observer.wait(), 0, observer.lines)
            self.assertEqual([e["process"]["uid"] for e in entries(observer)], [NOBODY])

    def test_unless_told_otherwise(self):
        tracer = self.record("--listen-all")
        observer = self.observe(prefix=as_nobody())
        self.connect(2)
        self.assertEqual([e["process"]["uid"] for e in self.seen(observer, 2)], [0, 0])
        self.end(tracer)

    def test_mode_and_group(self):
        tracer = self.record("--listen-mode", "0660", "--listen-group", NOBODY)
        info = self.socket.stat()
        self.assertEqual((stat.S_IMODE(info.st_mode), info.st_gid), (0o660, NOBODY))
        self.observe(prefix=as_nobody())
        self.end(tracer)
        self.out.unlink()
        tracer = self.record("--listen-mode", "0600")
        self.refused("observe", "--socket", self.socket, status=1, prefix=as_nobody(),
                     say="--listen-mode")
        self.end(tracer)

    def test_a_user_cannot_take_all_the_room(self):
        tracer = self.record()
        holder = Process([*as_nobody(), "/usr/bin/python3", "-c", HOLD, self.socket])
        self.addCleanup(holder.stop)
        self.assertEqual(holder.wait_line("refused"), "refused 72 of 200")
        self.observe()
        self.end(tracer)


# Connects 200 times; a held one stays silent, a refused one is told and closed.
HOLD = """
import select, socket, sys
held = []
for _ in range(200):
    one = socket.socket(socket.AF_UNIX)
    one.connect(sys.argv[1])
    held.append(one)
refused = 0
while refused < 72:
    for one in select.select(held, [], [], 30)[0]:
        refused += b'too many' in one.recv(200)
        held.remove(one)
print('refused', refused, 'of', 200, flush=True)
sys.stdin.read()
"""


class Errors(ObserverCase):
    def test_nobody_listens(self):
        self.refused("observe", "--socket", self.socket, status=1, say="no tracer listens there")
        self.socket.write_text("a file")
        self.refused("observe", "--socket", self.socket, status=1, say="no tracer listens there")

    def test_a_killed_tracer_and_the_next(self):
        tracer = self.record()
        observer = self.observe()
        tracer.signal(signal.SIGKILL)
        tracer.wait()
        self.assertEqual(observer.wait(), 1)
        observer.wait_line("vanished", "stderr")
        self.refused("observe", "--socket", self.socket, status=1, say="no tracer listens there")
        self.out.unlink()
        tracer = self.record()
        observer = self.observe()
        self.connect()
        self.seen(observer, 1)
        self.end(tracer)

    def test_one_tracer_per_socket(self):
        tracer = self.record()
        self.refused("record", "-o", self.here / "other.ndjson", "--listen", self.socket,
                     "-d", "1s", status=1, say="another tracer listens there")
        self.observe()
        self.end(tracer)

    def test_places_that_are_no_sockets(self):
        (self.here / "file").write_text("precious")
        for path, say in ((self.here / "file", "left alone"), (self.here, "left alone"),
                          (self.here / "missing" / "socket", "No such file"),
                          (self.here / ("x" * 120), "a socket's path")):
            with self.subTest(path):
                self.refused("record", "-o", self.here / "other.ndjson", "--listen", path,
                             "-d", "1s", status=1, say=say)
        self.assertEqual((self.here / "file").read_text(), "precious")

    def test_no_such_group(self):
        self.refused("record", "-o", self.here / "other.ndjson", "--listen", self.socket,
                     "--listen-group", "no-such-group", "-d", "1s", status=2, say="no-such-group")
        self.assertFalse((self.here / "other.ndjson").exists())

    def test_another_kind_of_server(self):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.socket))
            server.listen()
            observer = Process([host.connspan(), "observe", "--socket", self.socket])
            self.addCleanup(observer.stop)
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"220 mail.example ESMTP\r\n")
                self.assertEqual(observer.wait(), 1)
        observer.wait_line("no line of a tracer", "stderr")


if __name__ == "__main__":
    main()
