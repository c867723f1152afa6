# SPDX-License-Identifier: MIT
"""client.py blocking|asyncio CA ADDRESS PORT NAME COUNT: Python's two ways to TLS.

The blocking one handshakes on the socket; asyncio on memory BIOs, COUNT connections at once.
One JSON line per connection with the CLOCK_MONOTONIC times of its own calls.
"""
import asyncio
import json
import os
import socket
import ssl
import sys
import time


def blocking(context, address, port, name):
    marks = {"pid": os.getpid(), "connectStart": time.monotonic_ns()}
    with socket.create_connection((address, port)) as plain:
        marks["connected"] = time.monotonic_ns()
        marks["localPort"] = plain.getsockname()[1]
        tls = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
        marks["tlsStart"] = time.monotonic_ns()
        tls.do_handshake()
        marks["tlsEnd"] = time.monotonic_ns()
        tls.send(b"x")
        tls.recv(1)
        tls.close()
    return marks


async def evented(context, address, port, name):
    marks = {"pid": os.getpid(), "connectStart": time.monotonic_ns()}
    reader, writer = await asyncio.open_connection(
        address, port, ssl=context, server_hostname=name
    )
    marks["tlsEnd"] = time.monotonic_ns()
    marks["localPort"] = writer.get_extra_info("sockname")[1]
    writer.write(b"x")
    await reader.readexactly(1)
    writer.close()
    return marks


async def evented_all(count, *args):
    return await asyncio.gather(*(evented(*args) for _ in range(count)))


def main():
    kind, ca, address, port, name, count = sys.argv[1:]
    args = (ssl.create_default_context(cafile=ca), address, int(port), name)
    if kind == "asyncio":
        lines = asyncio.run(evented_all(int(count), *args))
    else:
        lines = [blocking(*args) for _ in range(int(count))]
    for marks in lines:
        print(json.dumps(marks))


main()
