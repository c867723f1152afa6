# SPDX-License-Identifier: MIT
"""Programs at probes of a library may lose the CPU to another task in the same program (PREEMPT,
PREEMPT_LAZY): each keeps to its own variables (bpf/uprobe.h)."""
from lib import host
from lib.case import LiveCase, main
from lib.certs import NAME

CLIENTS = 4
CONNECTIONS = 20


class Stack(LiveCase):
    options = None

    def test_handshakes_at_once_are_told_apart(self):
        server = self.server(certificate=self.certificate)
        client = [host.program("marks"), "--connections", CONNECTIONS, "--sni", NAME, "--ca",
                  self.certificate.cert, server.at, "connect", "tls", "close"]
        script = 'n=$1; shift; while [ "$n" -gt 0 ]; do "$@" & n=$((n - 1)); done; wait'
        command = ["sh", "-c", script, "sh", CLIENTS, *client]
        file = self.trace([str(word) for word in command])
        by_key = {entry.key: entry for entry in file.entries}
        owns = self.own.process.json()
        self.assertEqual(len(owns), CLIENTS * CONNECTIONS)
        for own in owns:
            key = own["pid"], own["localPort"]  # a second later the port may be another client's
            self.assertIn(key, by_key, file.lines[-1])
            entry = by_key[key]
            self.assert_connected(entry)
            self.assertLess(own["tlsStart"], entry.ns("tlsStart"), entry)
            self.assertLess(entry.ns("tlsEnd"), own["tlsEnd"], entry)
            self.assertIn(entry["tls"]["boundBy"], ("thread", "none"), entry)


if __name__ == "__main__":
    main()
