# SPDX-License-Identifier: MIT
"""The programs of examples/ on live connections: MDN's, in C and in node, by observer and by entries.

What they print is held against the entries of the tracer's own file: MDN's formula, which takes TLS
into the TCP time, and the right one beside it. The program of docs/library.md runs here, too.
"""
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from lib import host, programs
from lib.case import main
from lib.observers import ObserverCase
from lib.process import Process

EXAMPLES = host.SOURCE / "examples"
LINE = re.compile(r"(\S+): (TCP handshake duration|TCP alone|TLS negotiation duration|TLS alone): "
                  r"([\d.e+-]+)ms$")


def build_folder():
    return Path(host.program("marks")).parents[3]


def mdn(entry):
    """What must be printed of an entry: {what: ms}; the two pages have one half of it each."""
    start, secure, end = (entry[key] for key in
                          ("connectStart", "secureConnectionStart", "connectEnd"))
    tcp, tls = {}, {}
    if end > start:
        tcp = {"TCP handshake duration": end - start, "TCP alone": (secure or end) - start}
    if 0 < secure < end:
        tls = {"TLS alone": end - secure}
    if 0 < secure < entry["requestStart"]:
        tls["TLS negotiation duration"] = entry["requestStart"] - secure
    return tcp, tls


class Examples(ObserverCase):
    def setUp(self):
        super().setUp()
        self.tls = self.server(certificate=self.certificate)
        self.tracer = self.record()

    def traffic(self):
        """TLS, plain, and one that fails: three entries."""
        programs.marks("--sni", "localhost", "--ca", self.certificate.cert, self.tls.at,
                       "connect", "tls", "send=x", "recv", "close")
        self.connect()
        programs.marks(f"127.0.0.1:{programs.free_port()}", "try-connect")
        self.until(lambda: self.out.read_text().count('"resource"') >= 3, "three entries")

    def expected(self, page):
        """(name, what) -> ms, of all entries of the file."""
        half = 1 if page == "secure_connection_start" else 0
        return {(entry["name"], what): ms for entry in self.end(self.tracer).entries
                for what, ms in mdn(entry)[half].items()}

    def check(self, page, lines):
        printed = {}
        for line in lines:
            match = LINE.match(line)
            self.assertTrue(match, line)
            printed[match[1], match[2]] = Decimal(match[3])
        expected = self.expected(page)
        self.assertEqual(set(printed), set(expected))
        for key, ms in expected.items():
            self.assertAlmostEqual(printed[key], ms, places=5, msg=str(key))

    def commands(self, page):
        """The C and the node program of a page."""
        node = host.tool("node")
        return ([build_folder() / "examples" / page, self.socket],
                ["env", f"CONNSPAN_SOCKET={self.socket}", node, EXAMPLES / f"{page}.mjs"])

    def by_observer(self, page, command):
        """Started before half of the connections, ended by the tracer's end."""
        self.connect()
        observer = Process(command)
        self.addCleanup(observer.stop)
        if page != "secure_connection_start":
            observer.wait_line("TCP alone")
        self.traffic()
        observer.wait_line("TLS alone" if page == "secure_connection_start" else f":{self.tls.port}")
        self.end(self.tracer)
        self.assertEqual(observer.wait(), 0, observer.lines)
        return observer.lines["stdout"]

    def by_entries(self, command):
        """Printed of what there is, then it ends by itself."""
        self.traffic()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def end(self, process, number=2):
        """Once: what tests the output ends the tracer, too."""
        if process.popen.poll() is None:
            self.ended = super().end(process, number)
        return self.ended


def add_tests():
    for page in ("connect_start", "connect_end", "secure_connection_start"):
        for number, language in enumerate(("c", "node")):
            def observer(self, page=page, number=number):
                self.check(page, self.by_observer(page, self.commands(page)[number]))

            def entries(self, page=page, number=number):
                command = self.commands(f"{page}_entries")[number]
                self.check(page, self.by_entries(command))

            setattr(Examples, f"test_{page}_by_observer_in_{language}", observer)
            setattr(Examples, f"test_{page}_by_entries_in_{language}", entries)


add_tests()


class Others(ObserverCase):
    def library_md(self, source):
        """The program of that page, built against the shared library as the page says."""
        program = self.here / "observer"
        check = host.SOURCE / "tests" / "check" / "library_doc.py"
        cache = (build_folder() / "CMakeCache.txt").read_text()
        sanitizers = re.search(r"^CS_SANITIZE:STRING=(.*)$", cache, re.M)[1]
        subprocess.run([sys.executable, "-B", check, build_folder(), "cc", sanitizers, program,
                        source], check=True, stdout=subprocess.PIPE)
        return program

    def test_the_program_of_library_md(self):
        program = self.library_md("SOCKET")
        tracer = self.record()
        self.connect()
        observer = Process([program, self.socket])
        self.addCleanup(observer.stop)
        line = observer.wait_line("by marks: ")
        self.assertRegex(line, r"^tcp://\S+ by marks: [\d.]+ ms to connect, of these 0.000 ms TLS$")
        self.end(tracer)
        self.assertEqual(observer.wait(), 0, observer.lines)

    def test_the_same_with_a_tracer_of_its_own(self):
        """Nothing but the source changes. It says nothing when it is ready: it is asked often."""
        observer = Process([self.library_md("TRACER")])
        self.addCleanup(observer.stop)

        def told():
            self.connect()
            return [line for line in observer.lines["stdout"] if f":{self.echo.port} by marks" in line]

        self.until(told, "told of a connection")

    def test_node_says_who_is_not_there(self):
        done = subprocess.run([host.tool("node"), str(EXAMPLES / "connect_start.mjs")],
                              env={**os.environ, "CONNSPAN_SOCKET": str(self.socket)},
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("ENOENT", done.stderr)


if __name__ == "__main__":
    main()
