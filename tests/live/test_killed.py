# SPDX-License-Identifier: MIT
"""kill -9 under load: the last second is lost at most, what is left can be read by everybody, and is
continued by the next run."""
import json
import signal
import time

from lib import consumers, host
from lib.case import main
from lib.cli import EXCHANGE
from lib.process import Process
from test_files import FileCase

SECOND_NS = 1_000_000_000
FORMATS = "csv", "har", "otlp.jsonl", "trace.json", "prom"


class Killed(FileCase):
    def setUp(self):
        super().setUp()
        self.paths = {name: self.here / f"out.{name}" for name in FORMATS}
        self.outputs = [word for path in self.paths.values() for word in ("-o", path)]

    def load(self, connections=200_000):
        """Connections by one thread, one after another: entries come in the order they were made."""
        process = Process([host.program("marks"), "--connections", connections, self.echo.at,
                           *EXCHANGE])
        self.addCleanup(process.stop)
        return process

    def resources(self, path):
        """What stands in whole lines of a file that may end in a torn one."""
        data = path.read_bytes()
        lines = map(json.loads, data[: data.rfind(b"\n") + 1].splitlines())
        return [line for line in lines if line["entryType"] == "resource"]

    def kill_under_load(self, process, seconds):
        """Returns what was connected until a second before, and all that was made."""
        load = self.load()
        begun = time.monotonic_ns()
        self.until(lambda: time.monotonic_ns() - begun > seconds * SECOND_NS, "loaded")
        killed_ns = time.monotonic_ns()
        process.signal(signal.SIGKILL)
        process.wait()
        load.stop()
        made = [json.loads(line) for line in load.lines["stdout"] if line.endswith("}")]
        due = [own for own in made if own["connected"] < killed_ns - SECOND_NS]
        return due, made

    def test_under_load(self):
        process = self.record(*self.outputs)
        due, made = self.kill_under_load(process, 3)
        found = self.resources(self.out)
        ports = [entry["connection"]["localPort"] for entry in found]
        self.assertGreater(len(due), 1000, "no load")
        self.assertGreaterEqual(len(ports), len(due), "more than the last second is gone")
        self.assertEqual(ports, [own["localPort"] for own in made[: len(ports)]])
        self.check_documents(len(due))
        told = self.connspan("report", "--json", self.out)
        self.assertEqual(json.loads(told.stdout)["all"]["connections"], len(found))
        self.check_continued(len(found))

    def check_documents(self, due):
        """Whole documents at any moment; no more than a second behind either."""
        archive = json.loads(self.paths["har"].read_text())
        self.assertGreaterEqual(len(archive["log"]["entries"]), due)
        trace = json.loads(self.paths["trace.json"].read_text())["traceEvents"]
        self.assertGreaterEqual(sum("args" in e and e["ph"] == "b" for e in trace), due)
        self.assertEqual(consumers.promtool(self.paths["prom"].read_text()), (0, ""))

    def check_continued(self, before):
        rows = self.paths["csv"].read_bytes().count(b"\r\n") - 1
        spans = self.paths["otlp.jsonl"].read_bytes().count(b"\n")
        process = self.record(*self.outputs)
        self.connect()
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0, process.lines)
        lines = self.lines(self.out)
        self.assertEqual(sum(line["entryType"] == "resource" for line in lines), before + 1)
        self.assertEqual(sum(line["entryType"] == "connspan.header" for line in lines), 2)
        (row,) = consumers.sqlite(self.paths["csv"], "select count(*) as rows, "
                                  "sum(outcome = 'connected') as whole from entry")
        self.assertEqual(row, {"rows": rows + 1, "whole": rows + 1})
        reader = consumers.Otlp()
        kept = self.paths["otlp.jsonl"].read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(kept), spans + 1)
        for line in kept[-100:]:
            reader.read(line)
        for line in kept:
            json.loads(line)
        archive = json.loads(self.paths["har"].read_text())
        self.assertEqual((consumers.Har().faults(archive), len(archive["log"]["entries"])), ([], 1))
        self.assertEqual(consumers.promtool(self.paths["prom"].read_text()), (0, ""))

    def test_again_and_again(self):
        """While it rotates, compresses and removes: nothing is there twice, nothing torn stays."""
        rotating = "--rotate-size", "64K", "--compress", "--keep", "10000"
        for turn in range(5):
            self.kill_under_load(self.record(*rotating), 0.3 + turn / 7)
        process = self.record(*rotating)
        self.connect()
        self.until(lambda: all(path.suffix == ".gz" for path in self.closed()), "tidied up")
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), 0)
        self.assertEqual([path.name for path in self.here.glob("*.part")], [])
        files = [*self.closed(), self.out]
        runs, ids = 0, set()
        for path in files:
            for line in self.lines(path):
                runs += line["entryType"] == "connspan.header"
                if line["entryType"] == "resource":
                    self.assertNotIn(line["connection"]["id"], ids, path)
                    ids.add(line["connection"]["id"])
        told = self.connspan("report", "--json", *files)
        self.assertEqual(told.stderr, "")
        self.assertEqual(json.loads(told.stdout)["all"]["connections"], len(ids))
        self.assertGreater(runs, 6)

    def test_a_torn_line_is_cut_off(self):
        self.connspan("record", "-o", self.out, "--", *self.client(self.echo))
        whole = self.out.read_bytes()
        self.out.write_bytes(whole + b'{"entryType":"resource","id":2,"na')
        ended = self.connspan("record", "-o", self.out, "--", *self.client(self.echo))
        self.assertIn("torn", ended.stderr)
        self.assertEqual(self.count(self.out), 2)
        self.assertTrue(self.out.read_bytes().startswith(whole))


if __name__ == "__main__":
    main()
