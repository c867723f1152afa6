# SPDX-License-Identifier: MIT
"""An emulated machine may be too slow for a library's word on one handshake: a hello that leaves 50
ms after the library was entered is the wire's. Not on all of them."""
from lib import programs
from lib.case import LiveCase, main


class Sources(LiveCase):
    def test_the_library_tells(self):
        server = self.server(certificate=self.certificate)
        marks = programs.marks("--connections", 5, server.at, "connect", "tls", "send=x", "recv")
        found = [self.entry_of(own)["tls"] for own in marks]
        self.assertIn("uprobe", {tls["startSource"] for tls in found})
        if "--no-uretprobes" in self.tracer.options:
            self.assertEqual({tls["endSource"] for tls in found}, {"wire"})
        else:
            self.assertIn("uprobe", {tls["endSource"] for tls in found})


if __name__ == "__main__":
    main()
