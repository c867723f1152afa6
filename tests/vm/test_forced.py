# SPDX-License-Identifier: MIT
"""TLS where the other live tests would assume too much: a hello that leaves 50 ms after the library
was entered is the wire's, and on an emulated machine some do; locked-down kernels tell less."""
from lib import programs
from lib.case import LiveCase, main
from lib.certs import NAME


class EntryOnly(LiveCase):
    options = ("--no-uretprobes",)

    def test_starts_by_the_library_ends_by_the_wire(self):
        server = self.server(certificate=self.certificate)
        marks = programs.marks("--connections", 5, server.at, "connect", "tls", "send=x", "recv")
        found = [self.entry_of(own)["tls"] for own in marks]
        self.assertEqual({tls["endSource"] for tls in found}, {"wire"})
        self.assertIn("uprobe", {tls["startSource"] for tls in found})


class AnySource(LiveCase):
    """TLS with all hooks that there are, whatever could be told by which."""

    def test_tls(self):
        server = self.server(certificate=self.certificate)
        for version in ("1.2", "1.3"):
            (own,) = programs.marks("--tls", version, "--sni", NAME, server.at, "connect", "tls",
                                    "send=x", "recv", "close")
            entry = self.entry_of(own)
            self.assert_connected(entry)
            self.assertEqual((entry["tls"]["version"], entry["tls"]["serverName"]), (version, NAME))
            self.assertGreaterEqual(entry.ns("tlsStart"), own["tlsStart"])
            self.assertLessEqual(entry.ns("tlsEnd"), own["tlsEnd"])


if __name__ == "__main__":
    main()
