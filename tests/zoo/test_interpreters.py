# SPDX-License-Identifier: MIT
"""Python, node, perl, ruby and php, by the libraries their programs use; all on OpenSSL."""
import importlib.util
import os
import sys
import unittest

from zoo import NODE_REACH_NS, SCRIPTS, Animal, Zoo, main, tool
from servers import URL

COUNT = 5
PHP_GRAIN_NS = 5_000  # curl counts whole microseconds


def openssl(name, comm, **more):
    return Animal(name, "OpenSSL", comm, runs=1, uprobe=True, **more)


class Python(Zoo):
    def clients(self, kind):
        if kind != "asyncio" and not importlib.util.find_spec(kind):
            raise unittest.SkipTest(f"python3-{kind} is not installed")
        comm = os.path.basename(os.path.realpath(sys.executable))
        self.visit(openssl(f"python3 {kind}", comm), os.path.realpath(sys.executable),
                   SCRIPTS / "python_clients.py", kind, URL, self.ca, COUNT)

    def test_requests(self):
        self.clients("requests")

    def test_asyncio(self):
        self.clients("asyncio")

    def test_aiohttp(self):
        self.clients("aiohttp")


class Node(Zoo):
    """OpenSSL is inside node, on memory BIOs."""

    def clients(self, kind):
        animal = openssl(f"node {kind}", "node", reach_ns=NODE_REACH_NS, hasty_ns=NODE_REACH_NS)
        self.visit(animal, tool("node"), SCRIPTS / "node_clients.mjs", kind, URL, COUNT,
                   env={**os.environ, "NODE_EXTRA_CA_CERTS": self.ca})

    def test_https(self):
        self.clients("https")

    def test_fetch(self):
        self.clients("fetch")


class Others(Zoo):
    def test_perl(self):
        self.visit(openssl("perl LWP", "perl"), tool("perl"), SCRIPTS / "lwp.pl", URL, self.ca,
                   COUNT)

    def test_ruby(self):
        self.visit(openssl("ruby net/http", "ruby"), tool("ruby"), SCRIPTS / "net_http.rb", URL,
                   self.ca, COUNT)

    def test_php_curl(self):
        self.visit(openssl("php curl", "php", grain_ns=PHP_GRAIN_NS), tool("php"),
                   SCRIPTS / "clients.php", "curl", URL, self.ca, COUNT)

    def test_php_streams(self):
        self.visit(openssl("php streams", "php"), tool("php"), SCRIPTS / "clients.php", "streams",
                   URL, self.ca, COUNT)


if __name__ == "__main__":
    main()
