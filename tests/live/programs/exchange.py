# SPDX-License-Identifier: MIT
"""exchange.py PORT PIECE CA NAME FILE...: the client's end of exchanges (lib/exchange.py), in pieces
of so many bytes, one connection after another. Prints for each the CLOCK_MONOTONIC times of its own
calls as a line of JSON."""
import json
import os
import socket
import ssl
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import exchange  # noqa: E402


def visit(played, address, piece, context, name):
    plain = socket.socket()
    marks = {"pid": os.getpid(), "connectStart": time.monotonic_ns()}
    plain.connect(address)
    marks["connected"] = time.monotonic_ns()
    marks["localPort"] = plain.getsockname()[1]
    messages = played.messages
    if played.joined:  # the last leaves in one segment with the ClientHello
        *messages, (_, header) = messages
        plain.send(header, socket.MSG_MORE)
    exchange.play(plain, messages, True, piece)
    marks["played"] = time.monotonic_ns()
    if played.ends_in_tls:
        plain = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
        marks["tlsStart"] = time.monotonic_ns()
        plain.do_handshake()
        marks["tlsEnd"] = time.monotonic_ns()
        plain.send(b"x")
        plain.recv(1)
    plain.close()
    return marks


def main():
    port, piece, ca, name, *paths = sys.argv[1:]
    context = ssl.create_default_context(cafile=ca)
    for path in paths:
        played = exchange.Exchange(path)
        print(json.dumps(visit(played, ("127.0.0.1", int(port)), int(piece), context, name)))


main()
