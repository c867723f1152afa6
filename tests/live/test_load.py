# SPDX-License-Identifier: MIT
"""As many connections as eight clients can make: each is an entry, and nothing is lost."""
import json

from lib import host
from lib.case import LiveCase, main


class Load(LiveCase):
    options = None

    def check(self, count, *options, role="client", ends=1):
        command = [host.program("load"), "--connections", count, *options]
        file = self.trace([str(word) for word in command], "--role", role)
        made = json.loads(self.own.process.wait_line("{"))["connections"]
        self.assertEqual(made, count)
        self.assertEqual(self.own.done["dropped"], 0)
        self.assertFalse(file.lost)
        self.assertEqual(len(file.entries), made * ends)
        for entry in file.entries:
            self.assert_connected(entry)
        return file.entries

    def test_20000_plain(self):
        self.check(20_000)

    def test_20000_plain_both_ends(self):
        self.check(20_000, role="both", ends=2)

    def test_1000_tls(self):
        keys = "--cert", self.certificate.cert, "--key", self.certificate.key
        for entry in self.check(1_000, *keys):
            self.assertEqual(entry["tls"]["version"], "1.3")


if __name__ == "__main__":
    main()
