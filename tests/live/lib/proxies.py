# SPDX-License-Identifier: MIT
"""Debian's proxies, each in the foreground with a configuration of its own; never the system's."""
import socket
import time
from pathlib import Path

from . import host
from .process import PATIENCE_S, Process
from .programs import free_port

USER, PASSWORD = "user", "secret"

TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 10
{more}
"""


def wait_port(port, process):
    """Until somebody listens there, for servers that do not say when they do. The attempts are
    entries of ours, like any."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.popen.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"{process.args} does not listen: {process.lines}")


class Proxy:
    """Listens on `port` when the constructor returns."""

    def __init__(self, *args):
        self.port = free_port()
        self.process = Process([str(arg).replace("PORT", str(self.port)) for arg in args])
        wait_port(self.port, self.process)

    def stop(self):
        self.process.stop()


def microsocks(*options):
    return Proxy(host.tool("microsocks"), "-i", "127.0.0.1", "-p", "PORT", *options)


class Tinyproxy(Proxy):
    def __init__(self, folder, more=""):
        self.port = free_port()
        config = Path(folder) / f"tinyproxy-{self.port}.conf"
        config.write_text(TINYPROXY.format(port=self.port, more=more), encoding="ascii")
        self.process = Process([host.tool("tinyproxy"), "-d", "-c", config])
        wait_port(self.port, self.process)
