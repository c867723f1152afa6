# SPDX-License-Identifier: MIT
"""Name servers of our own, which take their time, and programs that use them alone."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import host
from .netns import Network
from .process import Process


class Names(Network):
    """dnsmasq answers at SERVER, DELAY_MS later; at FAILING somebody fails; at BLACKHOLE nobody is."""

    FAILING, STUB, NATTED, DELAY_MS, PORT = "10.99.0.3", "127.0.0.53", "10.99.0.7", 20, 5300
    SERVER6, BLACKHOLE6 = "2001:db8::2", "2001:db8::9"

    def __init__(self):
        super().__init__()
        self.processes = []
        self.folder = Path("/etc/netns") / self.client.name  # ip-netns(8) binds what is in it
        try:
            self._address()
            self.folder.mkdir(parents=True)
            (self.folder / "nsswitch.conf").write_text("hosts: files dns\n", encoding="ascii")
            self.hosts()
            self.use(self.SERVER)
            self._serve()
        except BaseException:
            self.close()
            raise

    def _address(self):
        self.router.do("address", "add", f"{self.FAILING}/24", "dev", self.peer)
        for namespace, device, address in ((self.client, self.device, "2001:db8::1/64"),
                                           (self.router, self.peer, f"{self.SERVER6}/64")):
            namespace.do("address", "add", address, "dev", device, "nodad")
        self.lose(self.BLACKHOLE6)

    def _start(self, line, *args, stream="stdout", namespace=None):
        process = Process((namespace or self.router).inside(*args))
        self.processes.append(process)
        process.wait_line(line, stream)

    def _serve(self):
        records = [f"--host-record={record}" for record in (
            f"shop.example,{self.SERVER}",
            f"both.example,{self.SERVER},{self.SERVER6}",
            f"race.example,{self.SERVER},{self.BLACKHOLE6}",
            *(f"big.example,10.99.1.{i}" for i in range(1, 31)),
            f"big.example,{self.SERVER}",
        )]
        self._start("started", host.tool("dnsmasq"), "--keep-in-foreground", "--no-resolv",
                    "--no-hosts", "--conf-file=/dev/null", "--bind-interfaces", "--no-daemon",
                    f"--listen-address={self.SERVER}", f"--port={self.PORT}", "--user=root", "--pid-file=",
                    "--address=/no.example/", "--cname=www.shop.example,shop.example",
                    "--cname=deep.example,www.shop.example", *records,
                    stream="stderr")
        relay = sys.executable, host.SCRIPTS / "dns_relay.py"
        self._start("listens", *relay, self.SERVER, self.DELAY_MS, self.PORT)
        self._start("listens", *relay, self.FAILING, self.DELAY_MS)

    def serve_stub(self):
        """On the client's own loopback one passes on what SERVER says, as systemd-resolved does."""
        self._start("listens", sys.executable, host.SCRIPTS / "dns_relay.py", self.STUB, 0, 53,
                    self.SERVER, namespace=self.client)

    def redirect(self, address):
        """What is sent to port 53 of `address` goes to another one, as in Docker's networks. False:
        not with this kernel."""
        rules = (f"table ip names {{ chain out {{ type nat hook output priority -100; "
                 f"ip daddr {address} udp dport 53 dnat to {self.SERVER}:{self.PORT}; }}; }}")
        return not subprocess.run(self.inside(host.tool("nft"), rules), capture_output=True,
                                  check=False).returncode

    def use(self, *servers, options="timeout:1 attempts:1", search="."):
        lines = [f"nameserver {server}" for server in servers]
        lines += [f"options {options}", f"search {search}"]
        (self.folder / "resolv.conf").write_text("\n".join(lines) + "\n", encoding="ascii")

    def hosts(self, *lines):
        text = "\n".join(("127.0.0.1 localhost", *lines))
        (self.folder / "hosts").write_text(text + "\n", encoding="ascii")

    def inside(self, *args):
        """The command line that runs `args` as a client of these name servers."""
        return [self.client.ip, "netns", "exec", self.client.name, *(str(arg) for arg in args)]

    def close(self):
        for process in self.processes:
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            os.rmdir(self.folder.parent)
        except OSError:
            pass  # others have theirs in there
        super().close()
