# SPDX-License-Identifier: MIT
"""Network namespaces of our own: where SYNs vanish, routes end and Fast Open is on."""
import os
import subprocess

from . import host


def run(*args):
    subprocess.run([str(arg) for arg in args], check=True, capture_output=True)


class Namespace:
    """lo is up, and a SYN is repeated once, so that a time-out takes seconds, not minutes."""

    count = 0

    def __init__(self):
        Namespace.count += 1
        self.name = f"connspan-live-{os.getpid()}-{Namespace.count}"
        self.ip = host.tool("ip")
        self.nsenter = host.tool("nsenter")
        run(self.ip, "netns", "add", self.name)
        self.do("link", "set", "lo", "up")
        self.sysctl("net/ipv4/tcp_syn_retries", 1)
        self.sysctl("net/ipv4/tcp_fastopen", 3)

    @property
    def path(self):
        return f"/run/netns/{self.name}"

    @property
    def inode(self):
        return os.stat(self.path).st_ino

    def inside(self, *args):
        """The command line that runs `args` in here, under the same pid."""
        return [self.nsenter, f"--net={self.path}", "--", *args]

    def do(self, *args):
        run(self.ip, "-n", self.name, *args)

    def sysctl(self, key, value):
        run(*self.inside("/bin/sh", "-c", f"echo {value} > /proc/sys/{key}"))

    def close(self):
        subprocess.run([self.ip, "netns", "del", self.name], check=False, capture_output=True)


class Network:
    """A client namespace and a router behind a veth pair.

    SERVER       the router itself
    BLACKHOLE    the SYN leaves and nobody ever answers
    UNREACHABLE  the SYN leaves and the router answers ICMP host unreachable
    NO_ROUTE     no SYN leaves at all
    """

    SERVER, BLACKHOLE, UNREACHABLE, NO_ROUTE = "10.99.0.2", "10.99.0.9", "10.98.0.1", "10.97.0.1"

    def __init__(self, one_way_ms=0):
        self.client, self.router = Namespace(), Namespace()
        a, b = f"cs{os.getpid()}a", f"cs{os.getpid()}b"
        run(self.client.ip, "link", "add", a, "netns", self.client.name, "type", "veth",
            "peer", "name", b, "netns", self.router.name)
        self.device, self.peer = a, b
        for namespace, device, address in ((self.client, a, "10.99.0.1/24"),
                                           (self.router, b, "10.99.0.2/24")):
            namespace.do("address", "add", address, "dev", device)
            namespace.do("link", "set", device, "up")
        self.lose(self.BLACKHOLE)
        self.client.do("route", "add", "10.98.0.0/16", "via", self.SERVER)
        self.router.do("route", "add", "unreachable", "10.98.0.0/16")
        self.router.sysctl("net/ipv4/ip_forward", 1)
        self.router.sysctl("net/ipv4/icmp_ratelimit", 0)
        if one_way_ms:
            self.emulate("delay", f"{one_way_ms}ms")

    def emulate(self, *what):
        """Both ends do this to what they send: words of tc-netem(8)."""
        for namespace, device in ((self.client, self.device), (self.router, self.peer)):
            run(*namespace.inside(host.tool("tc"), "qdisc", "add", "dev", device, "root", "netem",
                                  *what))

    def lose(self, address):
        """Packets to `address` go to a station that does not exist."""
        self.client.do("neighbour", "replace", address, "lladdr", "02:00:00:00:00:99",
                       "nud", "permanent", "dev", self.device)

    def find(self, address):
        self.client.do("neighbour", "del", address, "dev", self.device)

    def close(self):
        self.client.close()
        self.router.close()
