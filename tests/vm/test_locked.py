# SPDX-License-Identifier: MIT
"""TLS on a kernel locked down for confidentiality, whatever could be told by which hook."""
from lib import programs
from lib.case import LiveCase, main
from lib.certs import NAME


class AnySource(LiveCase):
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
