# SPDX-License-Identifier: MIT
"""Debian's servers that TLS comes to in mid-stream, each in the foreground, on loopback, with a
configuration and a folder of its own; never the system's."""
import os
import shutil
import subprocess
from pathlib import Path

from lib import host
from lib.process import Process
from lib.programs import free_port
from lib.proxies import wait_port

DANTE = """
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 port = {target} }}
socks block {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""

SQUID = """
http_port 127.0.0.1:{port}
auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/users
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
cache deny all
access_log none
cache_log {folder}/cache.log
pid_filename {folder}/squid.pid
coredump_dir {folder}
pinger_enable off
shutdown_lifetime 0 seconds
max_filedescriptors 1024
visible_hostname localhost
"""

EXIM = """
primary_hostname = localhost
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
spool_directory = {folder}
log_file_path = {folder}/%slog
tls_advertise_hosts = *
tls_certificate = {folder}/server.crt
tls_privatekey = {folder}/server.key
"""

DOVECOT = """
protocols = imap pop3
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}
log_path = {folder}/log
ssl = required
ssl_cert = <{folder}/server.crt
ssl_key = <{folder}/server.key
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}
}}
"""

SLAPD = """
include /etc/ldap/schema/core.schema
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {folder}/server.crt
TLSCertificateKeyFile {folder}/server.key
"""

VSFTPD = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
ftp_username=nobody
anon_root={folder}/empty
secure_chroot_dir={folder}/empty
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=NO
ssl_ciphers=HIGH
rsa_cert_file={folder}/server.crt
rsa_private_key_file={folder}/server.key
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
"""

PROSODY = """
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
certificates = "{folder}"
log = {{ info = "{folder}/log" }}
modules_enabled = {{ "tls"; "saslauth" }}
modules_disabled = {{ "s2s"; "posix" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_require_encryption = true
ssl = {{ certificate = "{folder}/server.crt"; key = "{folder}/server.key" }}
VirtualHost "localhost"
"""


class Daemon:
    """Listens on `port` when the constructor returns. `user` may read its folder."""

    def __init__(self, folder, certificate, config, command, user=None, **more):
        self.port = free_port()
        self.folder = Path(folder) / f"daemon-{self.port}"
        (self.folder / "empty").mkdir(parents=True)
        self.folder.parent.chmod(0o755)
        self.values = {"port": self.port, "folder": self.folder, **more}
        for source, name in ((certificate.cert, "server.crt"), (certificate.key, "server.key")):
            shutil.copy(source, self.folder / name)
        self.file = self.folder / "config.lua"  # prosody goes by the name
        self.file.write_text(config.format(**self.values), encoding="ascii")
        if user:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, user)
        shutil.chown(self.file, "root")  # exim believes no other; all may read it
        (self.folder / "empty").chmod(0o555)
        self.prepare()
        self.process = Process([str(word).format(config=self.file, **self.values)
                                for word in command], cwd="/")
        wait_port(self.port, self.process)

    def prepare(self):
        """What must be there before it starts."""

    def stop(self):
        self.process.stop()


def as_user(name):
    return (host.tool("setpriv"), f"--reuid={name}", f"--regid={name}", "--clear-groups")


def dante(folder, certificate, target):
    command = host.tool("danted"), "-f", "{config}", "-N", "1"
    return Daemon(folder, certificate, DANTE, command, target=target)


class Squid(Daemon):
    """Knows one user."""

    def __init__(self, folder, certificate, user, password):
        self.known = user, password
        super().__init__(folder, certificate, SQUID,
                         (host.tool("squid"), "-N", "-f", "{config}"), "proxy")

    def prepare(self):
        user, password = self.known
        hashed = subprocess.run([host.tool("openssl"), "passwd", "-apr1", password], check=True,
                                capture_output=True, text=True).stdout.strip()
        (self.folder / "users").write_text(f"{user}:{hashed}\n", encoding="ascii")


def exim(folder, certificate):
    command = host.tool("exim4"), "-bdf", "-C", "{config}"
    return Daemon(folder, certificate, EXIM, command, "Debian-exim")


def dovecot(folder, certificate):
    command = host.tool("dovecot"), "-F", "-c", "{config}"
    return Daemon(folder, certificate, DOVECOT, command, pop3=free_port())


def slapd(folder, certificate):
    command = (host.tool("slapd"), "-h", "ldap://127.0.0.1:{port}", "-f", "{config}", "-d", "0",
               "-u", "openldap")
    return Daemon(folder, certificate, SLAPD, command, "openldap")


def vsftpd(folder, certificate):
    daemon = Daemon(folder, certificate, VSFTPD, (host.tool("vsftpd"), "{config}"))
    return daemon


def prosody(folder, certificate):
    command = *as_user("prosody"), host.tool("prosody"), "-F", "--config", "{config}"
    return Daemon(folder, certificate, PROSODY, command, "prosody")


class Mariadb(Daemon):
    def __init__(self, folder, certificate):
        command = (host.tool("mariadbd"), "--no-defaults", "--user=mysql", "--datadir={folder}/data",
                   "--port={port}", "--bind-address=127.0.0.1", "--socket={folder}/socket",
                   "--pid-file={folder}/pid", "--ssl-cert={folder}/server.crt",
                   "--ssl-key={folder}/server.key", "--skip-log-bin")
        super().__init__(folder, certificate, "", command, "mysql")

    def prepare(self):
        subprocess.run(
            [host.tool("mariadb-install-db"), "--no-defaults", "--user=mysql",
             f"--datadir={self.folder}/data", "--auth-root-authentication-method=normal",
             "--skip-test-db"], check=True, capture_output=True, cwd="/",
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
