# SPDX-License-Identifier: MIT
"""psql, which asks for TLS inside its own protocol."""
import os

from zoo import Animal, Zoo, main, tool
from servers import ADDRESSES, NAME
from postgres import Postgres
from lib import programs


class Psql(Zoo):
    """TLS begins after an SSLRequest and its answer."""

    QUERY = (
        "select json_build_object('port', inet_client_port(), 'version', version, "
        "'cipher', cipher, 'address', host(inet_server_addr())) "
        "from pg_stat_ssl where pid = pg_backend_pid()"
    )

    def served(self, text, _):
        unsaid = {"serverName": NAME, "alpn": "", "reused": "."}
        return {line["port"]: {**line, **unsaid} for line in programs.json_lines(text)}

    def test_psql(self):
        server = Postgres(self.site)
        self.addCleanup(server.close)
        where = f"host={NAME} user=postgres dbname=postgres sslmode=require gssencmode=disable"
        for version in ADDRESSES:
            environment = {**os.environ, "PGSSLMAXPROTOCOLVERSION": f"TLSv{version}"}
            self.visit(Animal("psql sslmode=require", "OpenSSL", "psql", uprobe=True),
                       tool("psql"), "-X", "-A", "-t", "-c", self.QUERY, where,
                       versions=(version,), marks=lambda *_: [], oracle=self.served,
                       env=environment)


if __name__ == "__main__":
    main()
