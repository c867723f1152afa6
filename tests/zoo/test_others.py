# SPDX-License-Identifier: MIT
"""Go with its own TLS, and ssh which has none."""
import subprocess

from zoo import Animal, Zoo, main, table, tool
from servers import NAME, URL, Dropbear
from lib import host, programs

COUNT = 5


class Go(Zoo):
    def test_net_http(self):
        self.visit(Animal("Go net/http", "crypto/tls", "httptrace", runs=1),
                   host.program("httptrace"), self.ca, URL, COUNT)


class Ssh(Zoo):
    """A control: encrypted, but not by TLS."""

    def test_ssh(self):
        key = f"{self.folder}/user"
        subprocess.run([tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        server = Dropbear(self.site, f"{key}.pub")
        self.addCleanup(server.close)
        animal = Animal("ssh", "none", "ssh")
        file, text = self.run_traced(animal, "1.3", [
            tool("ssh"), "-F", "none", "-i", key, "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", NAME, "exit",
        ])
        self.check_process(animal, file.entries, text)
        served = [line for line in server.process.lines["stderr"] if "Child connection" in line]
        self.assertEqual(len(file.entries), len(served))
        for entry in file.entries:
            self.assert_connected(entry)
            self.assertIsNone(entry["tls"])
            self.assertEqual(entry["name"], f"tcp://{NAME}:22")
        table.row(animal.name, animal.stack, "-", file.entries, {})


if __name__ == "__main__":
    main()
