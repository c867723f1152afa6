# SPDX-License-Identifier: MIT
"""A program looked an address up more than once: which lookup each of its connections was made by."""
from lib import host, programs
from lib.case import main
from lib.lookups import CallCase, DnsCase
from lib.names import Names

THREADS = """
import json, os, socket, sys, threading, time
both = threading.Barrier(2)
def connect(name):
    marks = {"pid": os.getpid(), "name": name, "dnsStart": time.monotonic_ns()}
    family, *_, address = socket.getaddrinfo(name, int(sys.argv[1]), socket.AF_INET)[0]
    marks["dnsEnd"] = time.monotonic_ns()
    both.wait()
    with socket.create_connection(address) as client:
        marks["localPort"] = client.getsockname()[1]
        client.sendall(b"x")
        client.recv(1)
    print(json.dumps(marks) + "\\n", end="")
for name in sys.argv[2:]:
    threading.Thread(target=connect, args=[name]).start()
"""

# Looks all names up, then asks by each of them in that order.
HOSTS = """
import json, os, socket, sys, time
told = []
for name in sys.argv[1:]:
    marks = {"pid": os.getpid(), "name": name, "dnsStart": time.monotonic_ns()}
    address = socket.getaddrinfo(name, 8080, socket.AF_INET)[0][-1]
    told.append((marks | {"dnsEnd": time.monotonic_ns()}, address))
for marks, address in told:
    with socket.create_connection(address) as client:
        marks["localPort"] = client.getsockname()[1]
        client.sendall(b"GET / HTTP/1.0\\r\\nHost: " + marks["name"].encode() + b"\\r\\n\\r\\n")
        while client.recv(4096):
            pass
    print(json.dumps(marks))
"""

# The names are looked up by a pool's threads, then another one connects by each of them.
POOL = """
import asyncio, json, os, socket, sys, time
async def go():
    told = []
    for name in sys.argv[2:]:
        marks = {"pid": os.getpid(), "name": name, "dnsStart": time.monotonic_ns()}
        found = await asyncio.get_running_loop().getaddrinfo(
            name, int(sys.argv[1]), family=socket.AF_INET, type=socket.SOCK_STREAM)
        told.append((marks | {"dnsEnd": time.monotonic_ns()}, found[0][4]))
    for marks, address in told:
        with socket.socket() as client:
            client.connect(address)
            marks["localPort"] = client.getsockname()[1]
            client.sendall(b"x")
            client.recv(1)
        print(json.dumps(marks))
asyncio.run(go())
"""


class Queries(DnsCase):
    """As of a program that has a resolver inside."""

    options = ("--no-uretprobes",)

    def test_several_names_of_one_address(self):
        """The last one asked for before connect()."""
        connect = f"""
import socket
for name in "both.example", "shop.example", "deep.example":
    address = socket.getaddrinfo(name, {self.plain.port}, socket.AF_INET, socket.SOCK_STREAM)[0][4]
with socket.create_connection(address) as client:
    client.sendall(b"x"); client.recv(1); print(client.getsockname()[1])
"""
        port = int(self.run_inside(host.tool("python3"), "-c", connect))
        entry = self.tracer.wait_entry(lambda e: e.connection["localPort"] == port)
        self.assertEqual(entry["name"], f"tcp://deep.example:{self.plain.port}")
        self.assert_lookup(entry)

    def test_threads(self):
        """Each looks a name of the one address up and waits for the other before it connects."""
        own = programs.json_lines(self.run_inside(host.tool("python3"), "-c", THREADS,
                                                  self.plain.port, "shop.example", "both.example"))
        self.assertEqual(len(own), 2)
        for marks in own:
            self.assert_lookup(self.connected_by(marks["name"], marks), marks)

    def test_threads_that_ask_for_one_name(self):
        own = programs.json_lines(self.run_inside(host.tool("python3"), "-c", THREADS,
                                                  self.plain.port, *["shop.example"] * 2))
        for marks in own:
            self.assert_lookup(self.connected_by("shop.example", marks), marks)

    def test_go_again_and_again(self):
        """It looks up anew for each connection, by whatever thread."""
        self.serve_web()
        text = self.run_inside(host.program("httptrace"), self.certificate.cert,
                               "http://shop.example:8080/", 20)
        for own in programs.json_lines(text):
            self.assert_lookup(self.entry_of(own),
                               {"dnsStart": own["dnsStart"], "dnsEnd": own["dnsDone"]})


class Requests(DnsCase):
    """A request says by which of the names of the address it is sent."""

    options = ("--requests",)

    def test_names_of_one_address(self):
        self.serve_web()
        names = "shop.example", "deep.example", "both.example"
        own = programs.json_lines(self.run_inside(host.tool("python3"), "-c", HOSTS, *names))
        self.assertEqual([marks["name"] for marks in own], list(names))
        for marks in own:
            entry = self.entry_of(marks)
            self.assertEqual(entry["name"], f"http://{marks['name']}/")
            self.assert_lookup(entry, marks)


class Calls(CallCase):
    """As of most programs."""

    def test_a_pool_s_lookups_in_turn(self):
        names = "quiet.example", "still.example"
        self.names.hosts(f"{Names.SERVER} {' '.join(names)}")
        own = programs.json_lines(self.run_inside(host.tool("python3"), "-c", POOL,
                                                  self.plain.port, *names))
        self.assertEqual(len(own), 2)
        for marks in own:
            self.assert_call(self.connected_by(marks["name"], marks), marks)


if __name__ == "__main__":
    main()
