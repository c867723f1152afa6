# SPDX-License-Identifier: MIT
"""slow_http.py [CERT KEY [TICKETS]]: an HTTP/1.1 server that answers by its path, and waits on purpose.

Prints {"port": N}. What a path does is the list of steps behind it in ANSWERS: bytes are one send,
WAIT is a quarter of a second, CLOSE and RESET end the connection, NOTIFY ends its TLS. Anything else is answered 404. A body
that waits for a 100 gets it, but for /expected: that is refused.
"""
import json
import socket
import ssl
import struct
import sys
import threading
import time

WAIT, CLOSE, RESET, NOTIFY = "wait", "close", "reset", "notify"
WAIT_S = 0.25
OK = b"HTTP/1.1 200 OK\r\n"
TEN = OK + b"Content-Type: Text/Plain; charset=utf-8\r\nContent-Length: 10\r\n\r\n"
CHUNKED = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"

ANSWERS = {
    "/": [TEN + b"0123456789"],
    "/head": [WAIT, TEN + b"0123456789"],
    "/body": [TEN, WAIT, b"0123456789"],
    "/pieces": [TEN[:9], WAIT, TEN[9:] + b"01234", WAIT, b"56789"],
    "/early": [HINTS, WAIT, TEN + b"0123456789"],
    "/allowed": [OK + b"Timing-Allow-Origin: http://a.example\r\nContent-Length: 2\r\n\r\nok"],
    "/204": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "/304": [b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"],
    "/502": [b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"],
    "/chunked": [CHUNKED + b"5\r\n01234\r\n", WAIT, b"5\r\n56789\r\n", b"0\r\n\r\n"],
    "/large": [OK + b"Content-Length: 3000000\r\n\r\n" + bytes(3000000)],
    "/close": [b"HTTP/1.0 200 OK\r\n\r\n01234", WAIT, b"56789", CLOSE],
    "/cut": [TEN + b"01234", CLOSE],
    "/close-reset": [OK + b"\r\n01234", WAIT, RESET],
    "/events": [OK + b"Content-Type: text/event-stream\r\n\r\ndata: 1\n\n", WAIT, WAIT, CLOSE],
    "/chunked-events": [CHUNKED + b"9\r\ndata: 1\n\n\r\n", WAIT, WAIT, b"0\r\n\r\n"],
    "/chunked-reset": [CHUNKED + 9 * (b"400\r\n" + bytes(1024) + b"\r\n"), WAIT, RESET],
    "/chunked-large": [CHUNKED + 9 * (b"400\r\n" + bytes(1024) + b"\r\n"), b"0\r\n\r\n"],
    "/drop": [CLOSE],
    "/last": [TEN + b"0123456789", CLOSE],
    "/reset": [RESET],
    "/farewell": [TEN + b"0123456789", WAIT, NOTIFY],
    "/expected": [TEN + b"0123456789"],
    "/upgrade": [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n", b"hello\n"],
}


def take_request(connection, rest):
    """(method, path, what came behind it), or None: nothing more came."""
    while b"\r\n\r\n" not in rest:
        more = connection.recv(65536)
        if not more:
            return None
        rest += more
    head, rest = rest.split(b"\r\n\r\n", 1)
    method, path, _ = head.decode().split("\r\n")[0].split(" ")
    fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    if fields.get("expect") == "100-continue" and path == "/expected":
        connection.sendall(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
        return take_request(connection, rest)
    if fields.get("expect") == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    missing = int(fields.get("content-length", 0)) - len(rest)
    while missing > 0:
        missing -= len(connection.recv(65536))
    return method, path.split("?")[0], rest[int(fields.get("content-length", 0)):]


def answer(connection, method, path):
    """False: the connection is over."""
    if path.startswith("http://"):
        path = "/" + path.split("/", 3)[3]
    for step in ANSWERS.get(path, [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]):
        if step == WAIT:
            time.sleep(WAIT_S)
        elif step == NOTIFY:
            connection.unwrap()
            return False
        elif step == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif step == CLOSE:
            return False
        elif method == "HEAD":
            connection.sendall(step.split(b"\r\n\r\n")[0] + b"\r\n\r\n")
            break
        else:
            connection.sendall(step)
    return True


def serve(connection, context):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    rest = b""
    try:
        with connection:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                while request := take_request(connection, rest):
                    method, path, rest = request
                    if not answer(connection, method, path):
                        break
    except OSError:
        pass  # the client went away


def main():
    context = None
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[1:3])
        context.set_alpn_protocols(["http/1.1"])
        if len(sys.argv) > 3:
            context.num_tickets = int(sys.argv[3])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, context), daemon=True).start()


main()
