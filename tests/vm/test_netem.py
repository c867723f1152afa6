# SPDX-License-Identifier: MIT
"""The wire across a network that loses, doubles and reorders packets, by the kernel's own netem:
every connection is one whole entry, with its own name and marks, at both ends."""
import unittest

from lib import host, programs
from lib.netns import Network
from lib.case import main
from test_wire import HELLO_BYTES, WireCase

TROUBLE = """delay 4ms 3ms distribution normal loss 3% duplicate 5% reorder 25% 50%""".split()
MTU = 576
CONNECTIONS = 20


class Netem(WireCase):
    count = CONNECTIONS

    def round(self, view, version):
        network = Network()
        self.addCleanup(network.close)
        network.emulate(*TROUBLE)
        for namespace, device in ((network.client, network.device), (network.router, network.peer)):
            namespace.do("link", "set", device, "mtu", MTU)
            namespace.sysctl("net/ipv4/tcp_syn_retries", 6)  # two lost SYNs are no timeout here
        server = programs.Server("--threads", 64, address=Network.SERVER, inside=network.router,
                                 certificate=self.certificate)
        self.addCleanup(server.stop)
        command = self.client(self.count, server.at, "--hello", HELLO_BYTES, version=version)
        file = self.trace_ends(network.client.inside(*command), "--port", server.port, *view)
        self.check_round(file, server.port, version)

    @unittest.skipIf(host.kernel() >= (6, 13), "PREEMPT_LAZY: ESTABLISHED of a server may be skipped")
    def test_loss_duplicates_and_reordering(self):
        for version in ("1.3", "1.2"):
            for view in self.views:
                with self.subTest((version, view)):
                    self.round(view, version)


if __name__ == "__main__":
    main()
