# SPDX-License-Identifier: MIT
"""crowd.py ADDRESS PORT COUNT IN_FLIGHT: TLS connections by asyncio, many at once on memory BIOs.

Each has a server name of its own. asyncio's own code does the handshake; the object that it calls
for it reads the clock on both sides of each call.
"""
import asyncio
import json
import os
import ssl
import sys
import time

calls = {}  # server name: the (before, after) of each do_handshake() and whether it was the last


class Timed(ssl.SSLObject):
    def do_handshake(self):
        done = False
        before = time.monotonic_ns()
        try:
            super().do_handshake()
            done = True
        finally:
            span = before, time.monotonic_ns()
            calls.setdefault(self.server_hostname, []).append((span, done))


async def connection(context, address, port, number):
    name = f"n{number}.example"
    before = time.monotonic_ns()
    _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
    after = time.monotonic_ns()
    local_port = writer.get_extra_info("sockname")[1]
    writer.transport.abort()
    spans = calls[name]
    return {"pid": os.getpid(), "number": number, "localPort": local_port,
            "connect": (before, spans[0][0][0]), "start": spans[0][0],
            "end": next(span for span, done in spans if done), "over": after,
            "calls": len(spans)}


async def all_of_them(address, port, count, in_flight):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslobject_class = Timed
    numbers = iter(range(1, count + 1))

    async def one_after_another():
        return [await connection(context, address, port, number) for number in numbers]

    for lines in await asyncio.gather(*(one_after_another() for _ in range(in_flight))):
        for line in lines:
            print(json.dumps(line))


asyncio.run(all_of_them(sys.argv[1], *map(int, sys.argv[2:])))
