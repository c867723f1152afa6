# SPDX-License-Identifier: MIT
"""As many connections as eight clients can make: each is an entry, or counted as lost."""
from lib import host
from lib.case import LiveCase, main
from lib.footprint import is_sanitized


class Load(LiveCase):
    options = None

    def load(self, count, *options, role="client", ring="1M"):
        command = [host.program("load"), "--connections", count, *options]
        file = self.trace([str(word) for word in command], "--role", role, "--ring-size", ring)
        (made,) = self.own.process.json()
        self.assertEqual(made["connections"], count)
        for entry in file.entries:
            self.assert_connected(entry)
        return file

    def check_complete(self, file, count):
        self.assertEqual(self.own.done["dropped"], 0)
        self.assertFalse(file.lost)
        self.assertEqual(len(file.entries), count)

    def test_20000_plain(self):
        self.check_complete(self.load(20_000), 20_000)

    def test_a_small_ring_is_read_before_it_is_full(self):
        """A round of the reader would come too late: it is woken while the ring fills."""
        file = self.load(20_000, ring="128K")
        if is_sanitized():  # it may not keep up
            self.assertEqual(len(file.entries) + file.lost.get("ringConnection", 0), 20_000)
        else:
            self.check_complete(file, 20_000)

    def test_1000_tls(self):
        keys = "--cert", self.certificate.cert, "--key", self.certificate.key
        file = self.load(1_000, *keys)
        self.check_complete(file, 1_000)
        for entry in file.entries:
            self.assertEqual(entry["tls"]["version"], "1.3")

    def test_what_is_missing_is_counted(self):
        """Both ends, twice the records: a sanitized reader on a busy machine may not keep up."""
        file = self.load(20_000, role="both")
        ours = [entry for entry in file.entries if entry["process"]["comm"] == "load"]
        missing = 40_000 - len(ours)
        self.assertEqual(missing, file.lost.get("ringConnection", 0), file.lost)


if __name__ == "__main__":
    main()
