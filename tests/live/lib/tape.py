# SPDX-License-Identifier: MIT
"""A tape's records, as user/feed/tape.h and include/wire/event.h lay them out."""
import collections
import struct
from pathlib import Path

CHUNK = 2


def records(path):
    """(kind, connection, the record's bytes) of each."""
    data = Path(path).read_bytes()
    (at,) = struct.unpack_from("=I", data, 16)  # header_bytes
    while at + 24 <= len(data):
        _, connection, size, kind, _ = struct.unpack_from("=QQIHH", data, at)
        yield kind, connection, data[at:at + size]
        at += (size + 7) & ~7


def chunk_bytes(path):
    """{connection: how many bytes of its handshake reached user space}"""
    total = collections.Counter()
    for kind, connection, record in records(path):
        if kind == CHUNK:
            total[str(connection)] += struct.unpack_from("=H", record, 28)[0]
    return total
