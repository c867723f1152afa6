#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A member added to an entry is also copied (user/timeline/item.c) and read (user/share/fields.c)."""
import re

import tree

HEADER = tree.ROOT / "include" / "connspan" / "entry.h"
STRUCT = re.compile(r"^struct (connspan_\w+) \{(.*?)^\};", re.DOTALL | re.MULTILINE)
MEMBER = re.compile(r"([\w\s]+?[\s*]|const char \*const \*)(\w+);")

# Read by other means than a row: see message.c.
BY_HAND = {"size", "unix_ns", "tls.present", "request.present", "connection.flags",
           "connection.flag_count", "tls.alpn_offered", "tls.alpn_offered_count"}


def structs():
    """{"connspan_tls": [(type, name) of each member]}"""
    text = tree.code_only(HEADER.read_text(encoding="utf-8"))
    return {name: [(kind.replace(" ", ""), member)
                   for kind, member in MEMBER.findall(re.sub(r"\s+", " ", body))]
            for name, body in STRUCT.findall(text)}


def members(of, known, path=""):
    """(type, path) of everything in the struct: ("constchar*", "tls.version")."""
    for kind, name in known[of]:
        inner = kind.removeprefix("struct")
        if kind.startswith("struct") and inner in known:
            yield from members(inner, known, f"{path}{name}.")
        else:
            yield kind, path + name


def complaints_of(kind, path, copied, read):
    if kind.startswith("constchar*") and f"AT({path})" not in copied:
        yield f"item.c copies no string {path}: it would point into another entry"
    if path not in BY_HAND and not re.search(rf"\bentry\.{path}\b", read):
        yield f"fields.c reads no {path}: observers on a socket would not see it"


COPIED, READ = (tree.read(path) for path in ("user/timeline/item.c", "user/share/fields.c"))
found = list(members("connspan_entry", structs()))
tree.finish([line for kind, path in found for line in complaints_of(kind, path, COPIED, READ)],
            found)
