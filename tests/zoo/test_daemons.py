# SPDX-License-Identifier: MIT
"""Real clients of Debian's real servers, where TLS begins in mid-stream or behind a proxy: each
connection one entry, whose handshake is the upgrade. psql has a file of its own."""
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent / "live"))

# pylint: disable=wrong-import-position
from lib import host, programs  # noqa: E402
from lib.case import LiveCase, main  # noqa: E402
from lib.certs import NAME  # noqa: E402
from lib.proxies import PASSWORD, USER  # noqa: E402
import daemons  # noqa: E402

MAIL = """
import smtplib, ssl, sys
with smtplib.SMTP('localhost', int(sys.argv[1])) as mail:
    mail.starttls(context=ssl.create_default_context(cafile=sys.argv[2]))
    mail.ehlo()
"""
IMAP = """
import imaplib, ssl, sys
mail = imaplib.IMAP4('localhost', int(sys.argv[1]))
mail.starttls(ssl.create_default_context(cafile=sys.argv[2]))
mail.logout()
"""
POP3 = """
import poplib, ssl, sys
mail = poplib.POP3('localhost', int(sys.argv[1]))
mail.stls(ssl.create_default_context(cafile=sys.argv[2]))
mail.quit()
"""


class Daemons(LiveCase):
    def start(self, make, *args):
        daemon = make(self.folder, self.certificate, *args)
        self.addCleanup(daemon.stop)
        return daemon

    def visit(self, port, *command, status=0, **options):
        """The entry of the connection to `port` of a client that must end so."""
        client = subprocess.Popen(
            [host.tool(command[0]), *map(str, command[1:])], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options,
        )
        said, _ = client.communicate(timeout=60)
        self.assertEqual(client.returncode, status, said)
        entry = self.entry_to(port, client.pid)
        self.assertEqual(len([e for e in self.tracer.entries() if e["process"]["pid"] == client.pid
                              and e.connection["remotePort"] == port]), 1)
        return entry

    def check_upgrade(self, entry, library, server_name=NAME, end="uprobe"):
        """Something was said before TLS, and that is no part of it."""
        self.assert_connected(entry)
        self.assertIsNone(entry["proxy"])
        tls = entry["tls"]
        self.assertIsNotNone(tls, entry)
        self.assertEqual(tls["serverName"], server_name)
        self.assertIn(tls["version"], ("1.2", "1.3"))
        self.assertEqual(entry["connectEnd"], entry["phases"]["tlsEnd"])
        self.assertGreater(entry["secureConnectionStart"], entry["phases"]["tcpEstablished"])
        self.assert_sources(entry, end=end)
        self.assertIn(library, tls["library"])

    def check_s_client(self, port, protocol, *more):
        """Its handshake runs inside SSL_write: no call's return tells the end."""
        entry = self.visit(port, "openssl", "s_client", "-starttls", protocol, "-servername", NAME,
                           *more, "-connect", f"localhost:{port}")
        self.check_upgrade(entry, "libssl", end="wire")

    def check_python(self, port, script):
        entry = self.visit(port, "python3", "-c", script, port, self.certificate.cert)
        self.check_upgrade(entry, "libssl")

    # ---- proxies ----

    def curl(self, proxy, *args, port, status=0):
        return self.visit(proxy.port, "curl", "-sS", "--cacert", self.certificate.cert, "-o",
                          "/dev/null", *args, f"https://{NAME}:{port}/", status=status)

    def check_tunnel(self, entry, kind, port):
        self.assert_connected(entry)
        target = {"kind": kind, "target": f"{NAME}:{port}", "serverName": None}
        self.assertEqual(entry["proxy"], target)
        self.assertEqual(entry["name"], f"https://{NAME}:{port}/")
        self.assert_sources(entry)

    def test_dante(self):
        nginx = self.fixtures.get(programs.Nginx, self.folder, self.certificate)
        dante = self.start(daemons.dante, nginx.port)
        at = f"127.0.0.1:{dante.port}"
        self.check_tunnel(self.curl(dante, "--socks5-hostname", at, port=nginx.port), "socks5",
                          nginx.port)
        entry = self.curl(dante, "--socks5-hostname", at, port=9, status=97)  # its rules forbid it
        self.assertEqual(entry.connection["error"]["phase"], "proxy", entry)

    def test_squid(self):
        nginx = self.fixtures.get(programs.Nginx, self.folder, self.certificate)
        squid = self.start(daemons.Squid, USER, PASSWORD)
        at = f"127.0.0.1:{squid.port}"
        entry = self.curl(squid, "-x", f"http://{USER}:{PASSWORD}@{at}", port=nginx.port)
        self.check_tunnel(entry, "connect", nginx.port)
        entry = self.curl(squid, "--proxy-anyauth", "-x", f"http://{USER}:{PASSWORD}@{at}",
                          port=nginx.port)
        self.check_tunnel(entry, "connect", nginx.port)
        entry = self.curl(squid, "-x", f"http://{at}", port=nginx.port, status=56)
        self.assert_failed(entry, "proxy", "407")

    # ---- upgrades ----

    def test_exim(self):
        exim = self.start(daemons.exim)
        self.check_s_client(exim.port, "smtp")
        self.check_python(exim.port, MAIL)

    def test_dovecot(self):
        dovecot = self.start(daemons.dovecot)
        pop3 = dovecot.values["pop3"]
        self.check_s_client(dovecot.port, "imap")
        self.check_python(dovecot.port, IMAP)
        self.check_s_client(pop3, "pop3")
        self.check_python(pop3, POP3)

    def test_slapd(self):
        slapd = self.start(daemons.slapd)
        entry = self.visit(slapd.port, "ldapsearch", "-ZZ", "-x", "-H",
                           f"ldap://{NAME}:{slapd.port}", "-b", "", "-s", "base",
                           env={"LDAPTLS_REQCERT": "never"})
        self.check_upgrade(entry, "libgnutls")

    def test_vsftpd(self):
        vsftpd = self.start(daemons.vsftpd)
        self.check_s_client(vsftpd.port, "ftp")

    def test_prosody(self):
        prosody = self.start(daemons.prosody)
        self.check_s_client(prosody.port, "xmpp", "-xmpphost", NAME)

    def test_mariadb(self):
        mariadb = self.start(daemons.Mariadb)
        entry = self.visit(mariadb.port, "mariadb", "--no-defaults", "-h", "127.0.0.1", "-P",
                           mariadb.port, "-u", "root", "--ssl", "-e", "select 1")
        self.check_upgrade(entry, "libssl", None)


if __name__ == "__main__":
    main()
