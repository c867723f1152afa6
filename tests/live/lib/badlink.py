# SPDX-License-Identifier: MIT
"""Two network namespaces and a line between them that loses, repeats, overtakes and delays."""
import json
import os
import unittest

from . import host
from .netns import Namespace
from .process import Process


class BadLink:
    CLIENT, SERVER = "10.96.0.1", "10.96.0.2"

    def __init__(self, *options, mtu=1500):
        if not os.path.exists("/dev/net/tun"):
            raise unittest.SkipTest("this kernel has no TUN devices")
        self.client, self.server = Namespace(), Namespace()
        ends = self.client.path, "cs-client", self.server.path, "cs-server"
        self.process = Process([host.program("badlink"), *options, *ends])
        self.process.wait_line("ready")
        for namespace, device, address in ((self.client, ends[1], self.CLIENT),
                                           (self.server, ends[3], self.SERVER)):
            namespace.sysctl("net/ipv4/tcp_syn_retries", 6)
            namespace.sysctl(f"net/ipv6/conf/{device}/disable_ipv6", 1)
            namespace.do("link", "set", device, "mtu", mtu, "up")
            namespace.do("address", "add", f"{address}/30", "dev", device)

    def finish(self):
        """What it did to the packets."""
        self.process.stop()
        return json.loads(self.process.lines["stdout"][-1])

    def close(self):
        self.process.stop()
        self.client.close()
        self.server.close()
