# SPDX-License-Identifier: MIT
"""Test certificates, made anew with the openssl command for every run."""
import subprocess
from pathlib import Path

from . import host

NAME = "localhost"
SUBJECT = "DNS:localhost,DNS:connspan.test,IP:127.0.0.1,IP:::1"


class Certificate:
    """Self-signed: its own CA."""

    def __init__(self, folder, stem="server"):
        folder = Path(folder)
        self.cert = str(folder / f"{stem}.crt")
        self.key = str(folder / f"{stem}.key")
        self.both = str(folder / f"{stem}.pem")
        subprocess.run(
            [host.tool("openssl"), "req", "-x509", "-nodes", "-days", "30"]
            + ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-keyout", self.key, "-out", self.cert]
            + ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName={SUBJECT}"],
            check=True,
            capture_output=True,
        )
        parts = [Path(path).read_bytes() for path in (self.cert, self.key)]
        Path(self.both).write_bytes(b"".join(parts))
