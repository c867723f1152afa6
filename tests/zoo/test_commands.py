# SPDX-License-Identifier: MIT
"""Commands of Debian: curl, wget, git, openssl, gnutls-cli, and tldr, which has rustls in it."""
import os
import re
import subprocess

from zoo import WALL_GRAIN_NS, Animal, Zoo, main, tool
from servers import NAME, URL

SECOND_NS = 1_000_000_000
CURL_TELLS = {
    "connectStart": r"Trying ", "connected": r"Connected to ", "tlsEnd": r"SSL connection using ",
}


def fraction_ns(line):
    """The fraction of a second of the time of day at the start of a line."""
    found = re.match(r"\d\d:\d\d:\d\d\.(\d{6}) ", line)
    return int(found.group(1)) * 1000 if found else None


def nearest(fraction, start_ns):
    """The instant of a connection that started at `start_ns` with this fraction of a second."""
    offset = (fraction - start_ns) % SECOND_NS
    return start_ns + (offset if offset < 0.9 * SECOND_NS else offset - SECOND_NS)


def traced_by_libcurl(wall):
    """Reads libcurl's messages with their times; wall: on the wall clock, else on the monotonic."""

    def read(text, file):
        ours = sorted(entry.ns("connectStart") for entry in file.entries)
        clock = file.header["clock"]
        shift = int(clock["monotonicNs"]) - int(clock["unixNs"]) if wall else 0
        marks = []
        for line in text.splitlines():
            fraction = fraction_ns(line)
            for mark, words in CURL_TELLS.items():
                if fraction is None or not re.search(words, line):
                    continue
                if mark == "connectStart":
                    marks.append({})
                start = ours[min(len(marks), len(ours)) - 1]
                marks[-1][mark] = nearest((fraction + shift) % SECOND_NS, start)
        return marks

    return read


class Commands(Zoo):
    def curl_clock_is_wall(self):
        """curl's --trace-time had the monotonic clock's fractions before 8.11.1."""
        said = subprocess.run([tool("curl"), "--version"], capture_output=True, text=True,
                              check=True).stdout
        return tuple(map(int, said.split()[1].split(".")[:3])) >= (8, 11, 1)

    def test_curl(self):
        wall = self.curl_clock_is_wall()
        animal = Animal("curl", "OpenSSL", "curl", uprobe=True,
                        grain_ns=WALL_GRAIN_NS if wall else 1_000)
        self.visit(animal, tool("curl"), "-sSv", "--trace-time", "--cacert", self.ca, URL,
                   marks=traced_by_libcurl(wall))

    def test_wget(self):
        self.visit(Animal("wget", "GnuTLS", "wget", uprobe=True), tool("wget"), "-q", "-O", "-",
                   f"--ca-certificate={self.ca}", URL)

    def test_git(self):
        """`git clone https://`; libcurl with GnuTLS, in a helper process."""
        git = tool("git")
        repository = f"{self.site.folder}/www/zoo.git"
        author = ["-c", "user.name=zoo", "-c", "user.email=zoo@connspan.test"]
        work = f"{self.folder}/work"
        for args in (["init", "-q", work],
                     ["-C", work, *author, "commit", "-q", "--allow-empty", "-m", "zoo"],
                     ["clone", "-q", "--bare", work, repository],
                     ["-C", repository, "update-server-info"]):
            subprocess.run([git, *args], check=True, capture_output=True)
        environment = {**os.environ, "GIT_TRACE_CURL": "1", "GIT_SSL_CAINFO": self.ca}
        clone = f'rm -rf {self.folder}/clone; exec "$0" clone -q {URL}zoo.git {self.folder}/clone'
        self.visit(
            Animal("git clone", "GnuTLS", "git-remote-http", uprobe=True, child=True,
                   grain_ns=WALL_GRAIN_NS),
            "/bin/sh", "-c", clone, git, env=environment, marks=traced_by_libcurl(True),
        )

    # ---- tools of the libraries: the request comes from a file ----

    def requested(self):
        path = f"{self.folder}/request"
        with open(path, "w", encoding="ascii", newline="") as request:
            request.write(f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n")
        return {**os.environ, "REPEAT_INPUT": path}

    def test_s_client(self):
        self.visit(Animal("openssl s_client", "OpenSSL", "openssl", uprobe=True),
                   tool("openssl"), "s_client", "-quiet", "-connect", f"{NAME}:443",
                   "-CAfile", self.ca, env=self.requested())

    def test_gnutls_cli(self):
        self.visit(Animal("gnutls-cli", "GnuTLS", "gnutls-cli", uprobe=True), tool("gnutls-cli"),
                   f"--x509cafile={self.ca}", NAME, env=self.requested())

    def test_tldr(self):
        """Its update is an https download."""
        environment = {**os.environ, "SSL_CERT_FILE": self.ca, "HOME": self.folder,
                       "TEALDEER_CACHE_DIR": self.folder}
        self.visit(Animal("tldr --update", "rustls", "tldr"), tool("tldr"), "--update",
                   env=environment)


if __name__ == "__main__":
    main()
