# SPDX-License-Identifier: MIT
"""The servers that the zoo visits, in a network namespace of their own, under names of their own.

nginx serves https on two addresses: one speaks TLS 1.3, the other at most TLS 1.2. Its access log is
the oracle: it says of every connection what was negotiated. Programs run beside it with an
/etc/hosts that leads every name here to the wanted address, so nothing ever leaves the namespace.
"""
import json
import pwd
import subprocess
import time
import zipfile
from pathlib import Path

from lib import host
from lib.certs import Authority
from lib.netns import Namespace
from lib.process import PATIENCE_S, Process

NAME = "zoo.connspan.test"
NAMES = NAME, "tldr.sh"  # what the zoo's programs ask for; tldr can ask for nothing else
ADDRESSES = {"1.3": "127.0.0.1", "1.2": "127.0.0.2"}
PROTOCOLS = {"1.3": "TLSv1.2 TLSv1.3", "1.2": "TLSv1.2"}
URL = f"https://{NAME}/"
PAGE = Path(__file__).parent / "programs" / "page.html"

NGINX = """
daemon off; user root; worker_processes 2; pid {folder}/nginx.pid; error_log stderr notice;
events {{}}
http {{
    log_format facts escape=json '{{"address":"$server_addr","port":$remote_port,'
        '"version":"$ssl_protocol","cipher":"$ssl_cipher","serverName":"$ssl_server_name",'
        '"alpn":"$ssl_alpn_protocol","reused":"$ssl_session_reused","request":"$request"}}';
    access_log {folder}/access.log facts; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    types {{ text/html html; }}
    ssl_certificate {certificate.cert}; ssl_certificate_key {certificate.key};
    {servers}
}}
"""
SERVER = """
    server {{
        listen {address}:443 ssl http2; ssl_protocols {protocols};
        root {folder}/www; index index.html;
    }}
"""


class Site:
    """Listens when the constructor returns."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.authority = Authority(folder)
        self.certificate = self.authority.issue("zoo", *NAMES)
        self.ca = self.authority.cert
        self.namespace = Namespace()
        self.hosts = {version: self._hosts(version) for version in ADDRESSES}
        self._write_www()
        self.nginx = Process(self.namespace.inside(host.tool("nginx"), "-c", self._config()))
        self.nginx.wait_line("start worker processes", "stderr")
        self.forgotten = 0

    def _hosts(self, version):
        path = self.folder / f"hosts-{version}"
        lines = [f"{ADDRESSES[version]} {name}\n" for name in (*NAMES, "localhost")]
        path.write_text("".join(lines), encoding="utf-8")
        return path

    def _config(self):
        servers = "".join(
            SERVER.format(folder=self.folder, address=ADDRESSES[version], protocols=protocols)
            for version, protocols in PROTOCOLS.items()
        )
        path = self.folder / "nginx.conf"
        path.write_text(NGINX.format(
            folder=self.folder, certificate=self.certificate, servers=servers
        ), encoding="utf-8")
        return path

    def _write_www(self):
        www = self.folder / "www"
        (www / "assets").mkdir(parents=True)
        (www / "index.html").write_text("ok\n", encoding="utf-8")
        (www / "page.html").write_bytes(PAGE.read_bytes())
        (www / "favicon.ico").touch()
        with zipfile.ZipFile(www / "assets" / "tldr.zip", "w") as pages:
            pages.writestr("pages/common/zoo.md", "# zoo\n\n> A page.\n")

    def inside(self, version, *args):
        """The command line that runs `args` here, all names leading to the server of `version`."""
        bind = 'mount --bind "$0" /etc/hosts && exec "$@"'
        return self.namespace.inside(
            host.tool("unshare"), "--mount", "/bin/sh", "-c", bind, self.hosts[version], *args
        )

    def log(self):
        """What was served since forget()."""
        lines = (self.folder / "access.log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines[self.forgotten:]]

    def forget(self):
        self.forgotten += len(self.log())

    def served(self, ports):
        """{client's port: facts} of the connections since forget(), once they are `ports`."""
        end = time.monotonic() + PATIENCE_S
        while True:
            facts = {line["port"]: line for line in self.log()}
            if set(facts) == ports:
                return facts
            if time.monotonic() > end:
                raise AssertionError(f"nginx saw {sorted(facts)}, connspan {sorted(ports)}")
            time.sleep(0.05)

    def close(self):
        self.nginx.stop()
        self.namespace.close()


class Dropbear:
    """Lets root in by the key; its home is a file system of its own, seen by nobody else."""

    SCRIPT = (
        'mount -t tmpfs -o mode=700 none "$1" && mkdir -m 700 "$1/.ssh" && cat "$2" >"$1/.ssh/authorized_keys" '
        '&& chmod 600 "$1/.ssh/authorized_keys" && exec "$0" -F -E -r "$3" -p 127.0.0.1:22'
    )

    def __init__(self, site, public_key):
        dropbear, keygen = host.tool("dropbear"), host.tool("dropbearkey")
        key = Path(site.folder) / "dropbear.key"
        subprocess.run([keygen, "-t", "ed25519", "-f", key], check=True, capture_output=True)
        self.process = Process(site.namespace.inside(
            host.tool("unshare"), "--mount", "/bin/sh", "-c", self.SCRIPT, dropbear,
            pwd.getpwuid(0).pw_dir, public_key, key))
        self.process.wait_line("Not backgrounding", "stderr")

    def close(self):
        self.process.stop()


def iana_ciphers():
    """{OpenSSL's name: the registry's name}."""
    listed = subprocess.run(
        [host.tool("openssl"), "ciphers", "-stdname", "ALL:COMPLEMENTOFALL"],
        check=True, capture_output=True, text=True,
    ).stdout
    words = [line.split() for line in listed.splitlines()]
    return {row[2]: row[0] for row in words}
