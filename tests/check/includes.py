#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may include whom.

bpf/ and user/ meet only in include/wire/. A room of user/ includes itself and the rooms to its
left. user/cli knows the library by its public headers, which in turn know nothing else of ours.
"""
import re

import tree

ROOMS = ("base", "file", "tls", "preamble", "dns", "http", "feed", "fold", "entry", "timeline",
         "sink", "report", "elf", "probe", "tracer", "share", "cli")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Libraries behind libconnspan, which the command line must not reach for itself.
BEHIND = re.compile(r"^(bpf/|linux/bpf|libelf|gelf|elf\.h|zlib|yajl/|nghttp2/|.*\.skel\.h)")


def room_of(path):
    """user/fold/record.h -> fold"""
    parts = path.split("/")
    return parts[1] if len(parts) == 3 and parts[0] == "user" else None


def allowed_in_bpf(quoted, header):
    if not quoted:
        return re.match(r"(bpf|linux|asm)/", header)
    return "/" not in header or header.startswith(("include/wire/", "wire/", "bpf/"))


def allowed_in_cli(quoted, header):
    if quoted:
        return header.startswith("user/cli/")
    return not BEHIND.match(header)


def allowed_in_room(room, quoted, header):
    if room == "cli":
        return allowed_in_cli(quoted, header)
    if not quoted or header.startswith("include/wire/"):
        return True
    other = room_of(header)
    return other in ROOMS and ROOMS.index(other) <= ROOMS.index(room)


def allowed(path, quoted, header):
    folder = str(path.parent)
    if folder.startswith("bpf"):
        return allowed_in_bpf(quoted, header)
    if folder == "include/connspan":
        return not quoted and ("/" not in header or header.startswith("connspan/"))
    if folder == "include/wire":
        return header.startswith("include/wire/") if quoted else "connspan/" not in header
    room = room_of(str(path))
    return room not in ROOMS or allowed_in_room(room, quoted, header)


def complaints_of(path):
    if path.parts[0] == "user" and len(path.parts) == 3 and path.parts[1] not in ROOMS:
        yield f"{path}: room '{path.parts[1]}' has no place in the order (see ROOMS)"
    for number, line in enumerate(tree.read(path).splitlines(), 1):
        match = INCLUDE.match(line)
        if match and not allowed(path, match[1] == '"', match[2]):
            yield f"{path}:{number}: must not include {match[2]}"


files = tree.sources(".c", ".h", folders=("bpf", "include", "user"))
tree.finish([line for path in files for line in complaints_of(path)], files)
