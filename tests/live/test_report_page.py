# SPDX-License-Identifier: MIT
"""The page of `connspan report --html` in a real browser, with 100,000 entries: it loads, answers,
is used by pointer and by keyboard, asks for nothing from anywhere, and runs nothing that a name
says. CONNSPAN_PICTURES=FOLDER keeps pictures of it."""
import json
import os
import shutil
import sys
import unittest

from lib import browser, host
from lib.case import main
from lib.cli import CliCase

sys.path.insert(0, str(host.SOURCE / "tests" / "harness"))
import many_entries  # noqa: E402

COUNT = 100_000
READY = "document.documentElement && document.documentElement.dataset.readyMs"
HOSTILE = "https://<img src=x onerror=document.title='owned'></script><script>alert(1)</script>/"
SHOWN = "document.getElementById('shown').textContent"
ROWS = "[...document.querySelectorAll('.grid-row')].sort((a, b) => a.offsetTop - b.offsetTop)"


class Page(CliCase):
    @classmethod
    def set_up(cls):
        program = next(filter(None, map(shutil.which, browser.NAMES)), None)
        if not program:
            raise unittest.SkipTest("chromium is not installed")
        data, cls.page = (os.path.join(cls.folder, name) for name in ("many.ndjson", "page.html"))
        with open(data, "w", encoding="utf-8") as file:
            many_entries.write(file, COUNT - 1, 0, "1")
        with open(data, encoding="utf-8") as file:
            cls.lines = file.read().splitlines(keepends=True)
        hostile = json.loads(cls.lines[500])
        hostile["name"] = HOSTILE
        hostile["process"]["comm"] = "</script><b>"
        cls.lines.insert(600, json.dumps(hostile) + "\n")
        with open(data, "w", encoding="utf-8") as file:
            file.writelines(cls.lines)
        cls.entries = [json.loads(line) for line in cls.lines[1:-1]]
        ended = cls.connspan(cls(), "report", "--html", cls.page, data)
        assert not ended.stdout + ended.stderr, ended
        cls.browser = browser.Browser(program)
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.browser.theme("light")
        self.browser.open(self.page, READY)
        self.run_js = self.browser.run

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])

    def column(self, number, rows=10):
        """Texts of a column of the first rows in sight."""
        return self.run_js(f"{ROWS}.slice(0, {rows}).map(r => r.children[{number}].textContent)")

    def heads(self):
        return self.run_js("[...document.querySelectorAll('.grid-head button')]"
                           ".map(b => b.textContent)")

    def sort_by(self, title):
        number = self.heads().index(title)
        self.browser.click(f".grid-head span:nth-child({number + 1}) button")
        return number

    def matching(self, wanted):
        return f"{sum(map(wanted, self.entries)):,} of {COUNT:,} connections"

    def wait_shown(self, text):
        self.browser.wait(f"{SHOWN} === {json.dumps(text)}")

    def test_it_loads(self):
        self.assertEqual(self.run_js(SHOWN), f"{COUNT:,} connections")
        self.assertEqual(self.run_js("document.querySelector('#figures dd').textContent"),
                         f"{COUNT:,}")
        self.assertLess(self.run_js("document.querySelectorAll('*').length"), 3000)
        print(f"page of {os.path.getsize(self.page) / 1e6:.1f} MB with {COUNT:,} entries: "
              f"ready after {self.run_js(READY)} ms")

    def test_search(self):
        self.browser.click("#search")
        self.browser.type("payments")
        self.wait_shown(self.matching(lambda e: "payments" in e["name"]))
        self.assertEqual(set(self.column(self.heads().index("Name"))),
                         {"https://payments.example/"})
        self.browser.click("#clear")
        self.wait_shown(f"{COUNT:,} connections")

    def test_search_for_nothing(self):
        self.browser.click("#search")
        self.browser.type("no such thing")
        self.wait_shown(f"0 of {COUNT:,} connections")
        self.assertIn("No connection matches", self.run_js(
            "document.getElementById('waterfall').textContent"))

    def choose(self, select, value):
        self.run_js(f"(() => {{ const s = document.getElementById('{select}'); "
                    f"s.value = {json.dumps(value)}; s.dispatchEvent(new Event('change')); }})()")

    def test_filters_add_up(self):
        self.browser.click("#search")
        self.browser.type("payments")
        self.choose("outcome", "failed")
        self.wait_shown(self.matching(lambda e: "payments" in e["name"]
                                      and e["connection"]["outcome"] == "failed"))

    def test_filter_by_program_and_outcome(self):
        self.choose("program", "curl")
        self.wait_shown(self.matching(lambda e: e["process"]["comm"] == "curl"))
        self.choose("outcome", "failed")
        self.wait_shown(self.matching(lambda e: e["process"]["comm"] == "curl"
                                      and e["connection"]["outcome"] == "failed"))
        self.assertEqual(set(self.column(self.heads().index("Program"))), {"curl"})
        bars = self.run_js("document.querySelectorAll('#waterfall .bar').length")
        ends = self.run_js("document.querySelectorAll('#waterfall .bar .end').length")
        self.assertEqual((bars > 0, ends), (True, bars))

    def test_sort(self):
        number = self.sort_by("Total")
        longest = max(e["duration"] for e in self.entries)
        self.assertEqual(self.column(number, 1), [f"{longest / 1000:.2f} s"])
        self.assertEqual(self.run_js("document.querySelectorAll('[role=columnheader]"
                                     "[aria-sort=descending]').length"), 1)
        self.sort_by("Total")
        self.assertIn("µs", self.column(number, 1)[0])
        programs = self.column(self.sort_by("Program"))
        self.assertEqual(programs[0], "</script><b>")
        self.assertEqual(programs[1:], sorted(programs[1:]))

    def test_percentiles_narrow_the_rest(self):
        first = self.run_js("document.querySelector('#groups tbody button').textContent")
        self.browser.click("#groups tbody button")
        self.wait_shown(self.matching(lambda e: e["name"] == first))
        self.browser.click("#clear")
        self.browser.click('#groups thead [data-key="total.p99"] button')
        self.assertEqual(self.run_js("document.querySelector('#groups [aria-sort]').dataset.key"),
                         "total.p99")

    def test_what_failed_later(self):
        """Two streams of a connection that did not fail: no share of the connections."""
        line = next(n for n, entry in enumerate(self.entries, 1) if not entry["connection"]["error"])
        stream = json.loads(self.lines[line])
        stream["connection"].update(reused=True, outcome="failed",
                                    error={"phase": "http", "code": "reset", "detail": None})
        data, page = self.here / "later.ndjson", self.here / "later.html"
        data.write_text("".join([self.lines[0], self.lines[line], *[json.dumps(stream) + "\n"] * 2]),
                        encoding="utf-8")
        self.connspan("report", "--html", page, data)
        self.browser.open(str(page), READY)
        figures = self.run_js("[...document.querySelectorAll('#figures dt')].map("
                              "d => d.textContent + ': ' + d.nextElementSibling.textContent)")
        self.assertEqual(figures[:3], ["Connections: 1", "Failed: 00.0 %",
                                       "Failed later: 2requests, late handshakes"])
        self.assertEqual(self.run_js("[...document.querySelectorAll('#groups tbody tr td')].slice(1, 4)"
                                     ".map(d => d.textContent)"), ["1", "–", "2"])

    # ---- by keyboard ----

    def test_table_by_keyboard(self):
        self.run_js("document.querySelector('.grid').focus()")
        for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
            self.browser.press(key)
        chosen = "document.querySelector('.grid-row[aria-selected=true]')"
        self.assertEqual(self.run_js(f"{chosen}.id"), "row-1")
        self.assertEqual(self.run_js("document.querySelector('.grid')"
                                     ".getAttribute('aria-activedescendant')"), "row-1")
        self.browser.press("End")
        self.browser.wait(f"{chosen}.id === 'row-{COUNT - 1}'")
        self.assertTrue(self.run_js(f"(() => {{ const r = {chosen}.getBoundingClientRect(), "
                                    "b = document.querySelector('.grid-body')"
                                    ".getBoundingClientRect(); "
                                    "return r.top >= b.top && r.bottom <= b.bottom + 1; })()"))
        self.browser.press("Home")
        self.browser.wait(f"{chosen}.id === 'row-0'")
        self.assertIn(self.entries[0]["name"],
                      self.run_js("document.getElementById('details').textContent"))

    def test_chart_by_keyboard(self):
        self.run_js("document.getElementById('chart').focus()")
        self.browser.press("ArrowRight")
        self.assertIn("median", self.run_js("document.getElementById('chart-say').textContent"))
        for _ in range(5):
            self.browser.press("ArrowRight", shift=True)
        self.browser.press("Shift")
        self.browser.wait(f"{SHOWN}.includes(' of ')")
        part = int(self.run_js(SHOWN).split()[0].replace(",", ""))
        self.assertTrue(0 < part < COUNT / 5, part)
        self.browser.press("Escape")
        self.wait_shown(f"{COUNT:,} connections")

    def test_all_is_reached_by_tab(self):
        seen = set()
        self.run_js("document.body.focus()")
        for _ in range(120):
            self.browser.press("Tab")
            seen.add(self.run_js("document.activeElement.id || document.activeElement.className "
                                 "|| document.activeElement.name"))
        for name in ("theme", "search", "program", "outcome", "clear", "chart", "more", "metric",
                     "grid"):
            self.assertIn(name, seen)

    def test_everything_has_a_name(self):
        tree = self.browser.ask("Accessibility.getFullAXTree")["nodes"]
        for node in tree:
            role = node.get("role", {}).get("value")
            if role in ("button", "searchbox", "combobox", "radio", "tab", "grid", "table",
                        "columnheader", "search"):
                self.assertTrue(node.get("name", {}).get("value"), node)

    # ---- pointer, looks, safety ----

    def test_chart_by_pointer(self):
        box = self.run_js("(() => { const b = document.getElementById('chart')"
                          ".getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()")
        at = [(box[0] + box[2] * part, box[1] + box[3] / 2) for part in (0.4, 0.6)]
        for kind, (x, y) in zip(("mousePressed", "mouseMoved", "mouseReleased"), (at[0], at[1], at[1])):
            self.browser.pointer(kind, x, y)
        self.browser.wait(f"{SHOWN}.includes(' of ')")
        part = int(self.run_js(SHOWN).split()[0].replace(",", ""))
        self.assertTrue(COUNT / 10 < part < COUNT / 2, part)

    def test_themes(self):
        paper = "getComputedStyle(document.body).backgroundColor"
        self.assertEqual(self.run_js(paper), "rgb(255, 255, 255)")
        self.keep_picture("light")
        self.browser.click("#theme")
        self.assertNotEqual(self.run_js(paper), "rgb(255, 255, 255)")
        self.browser.theme("dark")
        self.browser.open(self.page, READY)
        self.assertEqual(self.run_js("document.documentElement.dataset.theme"), "dark")
        self.keep_picture("dark")

    def keep_picture(self, name):
        folder = os.environ.get("CONNSPAN_PICTURES")
        if folder:
            self.browser.picture(os.path.join(folder, f"report-{name}.png"), {
                "x": 0, "y": 0, "width": 1305, "height": 1180, "scale": 1})

    def test_names_are_text(self):
        self.browser.click("#search")
        self.browser.type("onerror")
        self.wait_shown(f"1 of {COUNT:,} connections")
        self.assertEqual(self.column(self.heads().index("Name")), [HOSTILE])
        self.assertEqual(self.run_js("document.querySelectorAll('img, b').length"), 0)
        self.assertEqual(self.run_js("document.title"), "connspan report")


if __name__ == "__main__":
    main()
