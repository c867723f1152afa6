# SPDX-License-Identifier: MIT
"""bulk.py CERT KEY MEGABYTES: sends that much over one TLS connection to a server of its own.

Prints its port when connected, and waits for a line before it sends.
"""
import json
import os
import socket
import ssl
import sys
import threading


def swallow(listener, context):
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True) as tls:
        while tls.recv(1 << 20):
            pass


def main():
    cert, key, megabytes = sys.argv[1:]
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=swallow, args=(listener, server))
    thread.start()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(listener.getsockname())
    with client.wrap_socket(plain, server_hostname="n1.example") as tls:
        tls.send(b"x")
        print(json.dumps({"pid": os.getpid(), "localPort": tls.getsockname()[1]}), flush=True)
        sys.stdin.readline()
        data = bytes(1 << 20)
        for _ in range(int(megabytes)):
            tls.sendall(data)
        tls.unwrap()
    thread.join()


main()
