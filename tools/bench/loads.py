# SPDX-License-Identifier: MIT
"""The loads: each makes the same thing again and again, for so many seconds, and says how many it
made and what that cost the processes at both ends. Who watches meanwhile is not known here."""
import dataclasses
import json
import re
import resource
import subprocess
from pathlib import Path

import machine
from lib.certs import Certificate
from lib.process import Process
from lib.programs import free_port

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr notice;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl;
        ssl_certificate {certificate.cert}; ssl_certificate_key {certificate.key};
        return 200 ok;
    }}
}}
"""
CONNECTIONS = 8  # of wrk


@dataclasses.dataclass
class Run:
    """What a load made in one go."""

    count: float
    seconds: float
    cpu_s: float  # of the processes of the load, both ends

    @property
    def rate(self):
        return self.count / self.seconds

    @property
    def cpu_us(self):
        return self.cpu_s * 1e6 / self.count


def children_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclasses.dataclass
class Program:
    """A program of ours that prints JSON."""

    title: str
    unit: str
    command: tuple
    counted: str = "connections"  # the member that says how many were made
    comm: str = None  # of the processes whose connections become entries

    def run(self, seconds):
        name, *options = map(str, self.command)
        before_s = children_s()
        ended = subprocess.run([machine.load_program(name), *options, "--seconds", str(seconds)],
                               capture_output=True, text=True, timeout=300, check=False)
        if ended.returncode:
            raise machine.Absent(ended.stderr.strip() or f"{name} ended with {ended.returncode}")
        said = json.loads(ended.stdout)
        if "--resume" in options and 2 * said["resumed"] < said["connections"]:
            raise machine.Absent(f"no more than {said['resumed']} sessions were resumed")
        return Run(said[self.counted], said["seconds"], children_s() - before_s)


class Server:
    """nginx, started when it is first asked for; its folder becomes its user's."""

    def __init__(self, folder, certificate):
        self.folder, self.certificate = Path(folder) / "nginx", certificate
        self.process = None
        self.ports = {}

    def start(self):
        """The port of each scheme."""
        if self.process:
            return self.ports
        program = machine.tool("nginx")
        self.ports = {"http": free_port(), "https": free_port()}
        self.folder.mkdir()
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder, certificate=self.certificate,
                                       plain=self.ports["http"], tls=self.ports["https"]),
                          encoding="utf-8")
        self.process = Process([program, "-c", config])
        self.process.wait_line("start worker processes", "stderr")
        return self.ports

    def cpu_s(self):
        return sum(machine.cpu_s(self.process.pid))

    def stop(self):
        if self.process:
            self.process.stop()


@dataclasses.dataclass
class KeptAlive:
    """wrk's requests to nginx on connections that stay open."""

    title: str
    unit: str
    server: Server
    scheme: str
    comm: str = None  # its connections are few; with --requests each request is an entry

    def run(self, seconds):
        wrk = machine.tool("wrk")
        url = f"{self.scheme}://127.0.0.1:{self.server.start()[self.scheme]}/"
        before_s = children_s() + self.server.cpu_s()
        # wrk takes whole seconds, and says how long it really was.
        said = subprocess.run([wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", url],
                              capture_output=True, text=True, check=True).stdout
        used_s = children_s() + self.server.cpu_s() - before_s
        made = int(re.search(r"(\d+) requests in", said)[1])
        per_s = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
        return Run(made, made / per_s, used_s)


class Loads:
    """All of them; a context, for what they need in a folder and in the background."""

    def __init__(self, folder):
        certificate = Certificate(folder)
        keys = "--cert", certificate.cert, "--key", certificate.key
        self.server = Server(folder, certificate)
        self.connect = Program("connect, a byte each way, close; 8 clients at once", "connection",
                               ("bench-load",), comm="bench-load")
        self.full = Program("the same with a full TLS 1.3 handshake", "connection",
                            ("bench-load", *keys), comm="bench-load")
        self.resumed = Program("the same, the session resumed", "connection",
                               ("bench-load", *keys, "--resume"), comm="bench-load")
        self.https = KeptAlive("HTTPS requests on connections kept alive", "request", self.server,
                               "https")
        self.http = KeptAlive("the same in clear", "request", self.server, "http")
        self.highest = Program("connect, reset; 8 processes, each both ends", "connection",
                               ("bench-storm",), comm="bench-storm")
        self.bulk = Program("bulk transfer", "MiB", ("bench-bulk",), counted="mib")
        self.spawn = Program("fork + exec", "exec", ("bench-spawn",), counted="spawned")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
