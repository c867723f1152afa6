# SPDX-License-Identifier: MIT
"""A trace file in the viewer it is meant for: Catapult's importer finds no fault in it, and what it
makes of it are the entries. CONNSPAN_PICTURES=FOLDER keeps a picture."""
import os
import shutil
import unittest

from lib import browser, host, traceviewer
from lib.case import main
from test_formats import FormatCase

NS_PER_MS = 1_000_000


def spans(slices):
    return {s["title"]: (round(s["start"] * NS_PER_MS), round(s["end"] * NS_PER_MS)) for s in slices}


def ns(mark):
    return int(mark * NS_PER_MS)


class TraceViewer(FormatCase):
    @classmethod
    def set_up(cls):
        program = next(filter(None, map(shutil.which, browser.NAMES)), None)
        folder = traceviewer.folder()
        if not program or not folder:
            raise unittest.SkipTest("chromium or the sources of Go are not installed")
        super().set_up()
        cls.viewer = traceviewer.TraceViewer(program, folder)
        cls.addClassCleanup(cls.viewer.close)

    def check(self, text, entries):
        found = self.viewer.load(text)
        self.assertEqual(found["warnings"], [])
        slices = [s for process in found["processes"] for s in process["slices"]]
        self.assertEqual(len(slices), len(entries))
        names = {process["pid"]: process["name"] for process in found["processes"]}
        self.assertEqual(names, {e["process"]["pid"]: e["process"]["comm"] for e in entries})
        by_time = {s["args"]["timestamp"]: s for s in slices}
        for entry in entries:
            self.check_entry(by_time[entry["timestamp"]], entry)

    def check_entry(self, found, entry):
        phases = entry["phases"]
        end = entry["startTime"] + entry["duration"]
        self.assertEqual(spans([found]),
                         {entry["name"]: (ns(entry["startTime"]), ns(end))})
        expected = {"TCP": (ns(phases["connectStart"]), ns(phases["tcpEstablished"] or end))}
        if phases["tlsStart"]:
            expected["TLS"] = ns(phases["tlsStart"]), ns(phases["tlsEnd"] or end)
        if phases["failed"]:
            expected["failed"] = ns(phases["failed"]), ns(phases["failed"])
        self.assertEqual(spans(found["inside"]), expected)
        self.assertFalse(any(s.get("error") for s in (found, *found["inside"])))

    def test_the_viewer_shows_the_entries(self):
        self.check(self.text("trace.json"), self.entries)

    def test_the_importer_would_complain(self):
        lines = self.text("trace.json").splitlines(keepends=True)
        last = next(n for n in reversed(range(len(lines))) if '"ph":"e"' in lines[n])
        lines[last - 1] = lines[last - 1].rstrip(",\n") + "\n"
        found = self.viewer.load("".join(lines[:last] + lines[last + 1:]))
        self.assertTrue(found["warnings"] or any(
            s.get("error") for p in found["processes"] for s in p["slices"]), found)

    def test_picture(self):
        demo = self.here / "demo.trace.json"
        self.connspan("replay", host.SOURCE / "tests/golden/demo/events.tape", "-o", demo)
        self.viewer.load(demo.read_text(encoding="utf-8"))
        tracks = "viewer.trackView.viewport.modelTrackContainer"
        self.viewer.browser.wait(f"{tracks} && {tracks}.canvas.getBoundingClientRect().width")
        if os.environ.get("CONNSPAN_PICTURES"):
            self.viewer.browser.picture(os.path.join(os.environ["CONNSPAN_PICTURES"], "trace.png"))


if __name__ == "__main__":
    main()
