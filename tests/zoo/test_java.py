# SPDX-License-Identifier: MIT
"""Java's own TLS (JSSE): HttpClient, whose threads share the work, and SSLSocket."""
from zoo import SCRIPTS, Animal, Zoo, main, tool
from servers import URL

COUNT = 5
REACH_NS = 50_000_000  # the first ones load classes while they connect, the others compile them


class Java(Zoo):
    def clients(self, name, kind):
        """The source is compiled as it is started, which needs a JDK."""
        tool("javac")
        self.visit(Animal(name, "JSSE", "java", runs=1, reach_ns=REACH_NS), tool("java"), "-Xshare:auto",
                   SCRIPTS / "Clients.java", kind, URL, self.ca, COUNT)

    def test_http_client(self):
        self.clients("java HttpClient", "httpclient")

    def test_socket(self):
        self.clients("java SSLSocket", "socket")


if __name__ == "__main__":
    main()
