# SPDX-License-Identifier: MIT
"""dns_relay.py ADDRESS MS [PORT [UPSTREAM]]: a name server on port 53 that takes its time.

It passes on what the one at PORT of UPSTREAM, else of the same address, says, MS later; without
PORT it answers every query with SERVFAIL.
"""
import socket
import struct
import sys
import threading
import time

ADDRESS, DELAY_S = sys.argv[1], int(sys.argv[2]) / 1000
UPSTREAM = (sys.argv[4:] + [ADDRESS])[0], int(sys.argv[3]) if len(sys.argv) > 3 else None


def serve_datagram(server, query, peer):
    time.sleep(DELAY_S)
    if not UPSTREAM[1]:
        server.sendto(query[:2] + bytes([0x80 | query[2], 0x82]) + query[4:], peer)
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
        upstream.sendto(query, UPSTREAM)
        server.sendto(upstream.recv(65535), peer)


def read_message(stream):
    head = stream.read(2)
    return head + stream.read(struct.unpack("!H", head)[0]) if len(head) == 2 else b""


def serve_stream(client):
    with client, client.makefile("rb") as queries:
        for query in iter(lambda: read_message(queries), b""):
            time.sleep(DELAY_S)
            with socket.create_connection(UPSTREAM) as upstream:
                upstream.sendall(query)
                with upstream.makefile("rb") as answers:
                    client.sendall(read_message(answers))


def start(target, *args):
    threading.Thread(target=target, args=args, daemon=True).start()


def accept_streams(listener):
    while True:
        start(serve_stream, listener.accept()[0])


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((ADDRESS, 53))
        if UPSTREAM[1]:
            start(accept_streams, socket.create_server((ADDRESS, 53)))
        print("listens", flush=True)
        while True:
            start(serve_datagram, server, *server.recvfrom(65535))


main()
