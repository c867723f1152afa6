# SPDX-License-Identifier: MIT
"""A PostgreSQL server of our own beside the zoo's site."""
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from lib import host
from lib.process import Process
from servers import ADDRESSES


class Postgres:
    """On both addresses, with TLS; says whom it serves in pg_stat_ssl."""

    def __init__(self, site):
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
        if not folders:
            raise unittest.SkipTest("postgresql is not installed")
        self.folder = Path(tempfile.mkdtemp(prefix="connspan-zoo-postgres-"))
        data = self.folder / "data"
        for source, name in ((site.certificate.cert, "crt"), (site.certificate.key, "key")):
            target = self.folder / f"server.{name}"
            shutil.copy(source, target)
            shutil.chown(target, "postgres")
        shutil.chown(self.folder, "postgres")
        as_postgres = (host.tool("setpriv"), "--reuid=postgres", "--regid=postgres",
                       "--clear-groups")
        subprocess.run([*as_postgres, folders[-1] / "initdb", "-A", "trust", "--no-sync", data],
                       check=True, capture_output=True, cwd="/")
        settings = (f"listen_addresses={','.join(ADDRESSES.values())}", "ssl=on", "fsync=off",
                    f"ssl_cert_file={self.folder}/server.crt", f"unix_socket_directories={data}",
                    f"ssl_key_file={self.folder}/server.key")
        self.process = Process(
            site.namespace.inside(*as_postgres, folders[-1] / "postgres", "-D", data,
                                  *(word for setting in settings for word in ("-c", setting))),
            cwd="/",
        )
        self.process.wait_line("ready to accept connections", "stderr")

    def close(self):
        self.process.stop()
        shutil.rmtree(self.folder)
