# SPDX-License-Identifier: MIT
"""Where the rest of the live tests assumes a fast machine: entries by entry probes alone. A hello
that leaves 50 ms after the library was entered is the wire's, and here some do."""
from lib import programs
from lib.case import LiveCase, main


class EntryOnly(LiveCase):
    options = ("--no-uretprobes",)

    def test_starts_by_the_library_ends_by_the_wire(self):
        server = self.server(certificate=self.certificate)
        marks = programs.marks("--connections", 5, server.at, "connect", "tls", "send=x", "recv")
        found = [self.entry_of(own)["tls"] for own in marks]
        self.assertEqual({tls["endSource"] for tls in found}, {"wire"})
        self.assertIn("uprobe", {tls["startSource"] for tls in found})


if __name__ == "__main__":
    main()
