# SPDX-License-Identifier: MIT
"""python_clients.py requests|asyncio|aiohttp URL CA COUNT: GETs the URL on COUNT new connections.

One JSON line each with the CLOCK_MONOTONIC times around the calls that connect and secure.
"""
import asyncio
import json
import socket
import ssl
import sys
import time
from urllib.parse import urlsplit

now = time.monotonic_ns


def timed(marks, call, start, end):
    def around(*args, **options):
        marks[start] = now()
        result = call(*args, **options)
        marks[end] = now()
        return result

    return around


def by_requests(url, ca):
    import requests
    import urllib3.util.connection

    marks = {}
    plain, secured = urllib3.util.connection.create_connection, ssl.SSLContext.wrap_socket
    connect = timed(marks, plain, "connectStart", "connected")

    def connect_and_look(*args, **options):
        sock = connect(*args, **options)
        marks["localPort"] = sock.getsockname()[1]
        return sock

    urllib3.util.connection.create_connection = connect_and_look
    secure = timed(marks, secured, "tlsStart", "tlsEnd")
    ssl.SSLContext.wrap_socket = lambda *args, **options: secure(*args, **options)
    try:
        requests.get(url, verify=ca, timeout=30).raise_for_status()
    finally:
        urllib3.util.connection.create_connection = plain
        ssl.SSLContext.wrap_socket = secured
    return marks


async def by_asyncio(url, context):
    host = urlsplit(url).hostname
    address = socket.gethostbyname(host)
    marks = {"connectStart": now()}
    reader, writer = await asyncio.open_connection(
        address, 443, ssl=context, server_hostname=host
    )
    marks["tlsEnd"] = now()
    marks["localPort"] = writer.get_extra_info("sockname")[1]
    writer.write(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    await reader.read()
    writer.close()
    return marks


async def by_aiohttp(url, context):
    import aiohttp

    marks = {}

    async def resolved(*_):
        marks["connectStart"] = now()

    async def created(*_):
        marks["tlsEnd"] = now()

    trace = aiohttp.TraceConfig()
    trace.on_dns_resolvehost_end.append(resolved)
    trace.on_connection_create_end.append(created)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        async with session.get(url, ssl=context) as response:
            await response.read()
    return marks


async def in_turn(visit, url, context, count):
    return [await visit(url, context) for _ in range(count)]


def main():
    kind, url, ca, count = sys.argv[1:]
    if kind == "requests":
        lines = [by_requests(url, ca) for _ in range(int(count))]
    else:
        visit = by_aiohttp if kind == "aiohttp" else by_asyncio
        context = ssl.create_default_context(cafile=ca)
        lines = asyncio.run(in_turn(visit, url, context, int(count)))
    for marks in lines:
        print(json.dumps(marks))


main()
