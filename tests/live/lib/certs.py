# SPDX-License-Identifier: MIT
"""Test certificates, made anew with the openssl command for every run."""
import subprocess
from pathlib import Path

from . import host

NAME = "localhost"
NEW_KEY = "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout"
SUBJECT = "DNS:localhost,DNS:connspan.test,IP:127.0.0.1,IP:::1"


class Certificate:
    """Self-signed: its own CA."""

    def __init__(self, folder, stem="server"):
        folder = Path(folder)
        self.cert = str(folder / f"{stem}.crt")
        self.key = str(folder / f"{stem}.key")
        self.both = str(folder / f"{stem}.pem")
        subprocess.run(
            [host.tool("openssl"), "req", "-x509", "-days", "30"]
            + [*NEW_KEY, self.key, "-out", self.cert]
            + ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName={SUBJECT}"],
            check=True,
            capture_output=True,
        )
        parts = [Path(path).read_bytes() for path in (self.cert, self.key)]
        Path(self.both).write_bytes(b"".join(parts))

    def expire(self):
        """Signs itself anew, until yesterday."""
        subprocess.run(
            [host.tool("openssl"), "x509", "-in", self.cert, "-signkey", self.key, "-days", "-1"]
            + ["-out", self.cert], check=True, capture_output=True,
        )
        return self


class Authority:
    """A CA of our own, for clients that refuse a server certificate which is its own CA."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.cert, self.key = str(self.folder / "ca.crt"), str(self.folder / "ca.key")
        self._openssl("req", "-x509", "-days", "30", *NEW_KEY, self.key, "-out", self.cert,
                      "-subj", "/CN=connspan test CA")

    def issue(self, stem, *names):
        """A server certificate for the DNS names."""
        return Issued(self, stem, names)

    def _openssl(self, *args):
        subprocess.run([host.tool("openssl"), *args], check=True, capture_output=True)


class Issued:
    def __init__(self, authority, stem, names):
        folder = authority.folder
        self.cert, self.key = str(folder / f"{stem}.crt"), str(folder / f"{stem}.key")
        request, extensions = str(folder / f"{stem}.csr"), folder / f"{stem}.ext"
        alternatives = ",".join(f"DNS:{name}" for name in names)
        extensions.write_text(
            f"subjectAltName={alternatives}\nextendedKeyUsage=serverAuth\n"
            "basicConstraints=CA:FALSE\n", encoding="utf-8",
        )
        authority._openssl("req", *NEW_KEY, self.key, "-out", request, "-subj", f"/CN={names[0]}")
        authority._openssl("x509", "-req", "-days", "30", "-in", request, "-out", self.cert,
                           "-CA", authority.cert, "-CAkey", authority.key, "-CAcreateserial",
                           "-extfile", str(extensions))
