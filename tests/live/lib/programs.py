# SPDX-License-Identifier: MIT
"""Our own server and client, started, waited for and read."""
import json
import socket
import subprocess
from pathlib import Path

from . import host
from .process import PATIENCE_S, Process


NGINX = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log stderr notice;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} ssl http2; listen [::1]:{port} ssl http2;
        ssl_certificate {certificate.cert}; ssl_certificate_key {certificate.key};
        ssl_protocols TLSv1.2 TLSv1.3;
        location / {{ return 200 ok; }}
        location = /long {{ set $kilo {kilo}; return 200 {long}; }}
    }}
}}
"""

NGINX_FILES = """
daemon off; worker_processes 1; pid {folder}/nginx-files.pid; error_log stderr notice;
user root;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port} http2; root {root}; }}
}}
"""


def free_port():
    """A port that was free a moment ago, for servers that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SlowHttp:
    """programs/slow_http.py; listens when the constructor returns."""

    def __init__(self, *certificate):
        self.process = Process(["/usr/bin/python3", "-B", host.SCRIPTS / "slow_http.py",
                                *certificate])
        self.port = json.loads(self.process.wait_line("{"))["port"]
        self.at = f"127.0.0.1:{self.port}"

    def stop(self):
        self.process.stop()


class SlowHttp2(SlowHttp):
    """programs/slow_http2.mjs; listens when the constructor returns."""

    def __init__(self):
        self.process = Process([host.tool("node"), host.SCRIPTS / "slow_http2.mjs"])
        self.port = json.loads(self.process.wait_line("{"))["port"]
        self.at = f"127.0.0.1:{self.port}"


class Nginx:
    """TLS on both loopback addresses; listens when the constructor returns."""

    def __init__(self, folder, certificate):
        self.start(folder, "nginx.conf", NGINX, certificate=certificate, kilo="k" * 1000,
                   long="$kilo" * 20)

    def start(self, folder, name, text, **values):
        self.port = free_port()
        config = Path(folder) / name
        config.write_text(text.format(folder=folder, port=self.port, **values), encoding="utf-8")
        self.process = Process([host.tool("nginx"), "-c", config])
        self.process.wait_line("start worker processes", "stderr")

    def stop(self):
        self.process.stop()


class NginxFiles(Nginx):
    """Files by HTTP/2 in clear; listens when the constructor returns."""

    def __init__(self, folder, root):
        self.start(folder, "nginx-files.conf", NGINX_FILES, root=root)


class Server:
    """programs/server.c; listens when the constructor returns."""

    def __init__(self, *options, address="127.0.0.1", certificate=None, inside=None):
        if certificate:
            options += ("--cert", certificate.cert, "--key", certificate.key)
        args = [host.program("server"), *options, f"{address}:0"]
        self.process = Process(inside.inside(*args) if inside else args)
        said = json.loads(self.process.wait_line("{"))
        self.port, self.listener, self.worker = said["port"], said["listener"], said["worker"]
        self.at = f"{address}:{self.port}"

    def marks(self):
        """What --marks printed so far, by the client's port."""
        lines = map(json.loads, self.process.lines["stdout"][1:])
        return {marks["peerPort"]: marks for marks in lines}

    def stop(self):
        self.process.stop()


def marks_command(*args, inside=None):
    args = [host.program("marks"), *args]
    return inside.inside(*args) if inside else args


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def run(args, status=0, **options):
    """Runs a client to its end and returns the JSON lines it printed."""
    options.setdefault("stdin", subprocess.DEVNULL)
    ended = subprocess.run(
        [str(arg) for arg in args], capture_output=True, text=True, timeout=PATIENCE_S,
        check=False, **options,
    )
    if ended.returncode != status:
        raise AssertionError(f"{args} ended with {ended.returncode}: {ended.stderr}{ended.stdout}")
    return json_lines(ended.stdout)


def marks(*args, inside=None, status=0):
    """Runs programs/marks.c: one dictionary per connection attempt."""
    return run(marks_command(*args, inside=inside), status=status)
