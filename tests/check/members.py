#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A member added to an entry is also copied (user/timeline/item.c) and read (user/share/fields.c)."""
import re

import tree

HEADER = tree.ROOT / "include" / "connspan" / "entry.h"
STRUCT = re.compile(r"^struct (connspan_\w+) \{(.*?)^\};", re.DOTALL | re.MULTILINE)
MEMBER = re.compile(r"([\w\s]+?[\s*]|const char \*const \*)(\w+);")

# Read by other means than a row: see message.c.
BY_HAND = {"size", "unix_ns", "entries", "count"}


def members():
    """(type, name) of each member of the entry and of the structs in it."""
    text = tree.code_only(HEADER.read_text(encoding="utf-8"))
    for struct, body in STRUCT.findall(text):
        if struct == "connspan_entry_list":
            continue
        for kind, name in MEMBER.findall(re.sub(r"\s+", " ", body)):
            yield kind.replace(" ", ""), name


def complaints_of(kind, name, copied, read):
    if kind.startswith("constchar*") and not re.search(rf"\b{name}\)", copied):
        yield f"item.c copies no string {name}: it would point into another entry"
    if kind.startswith("structconnspan_"):
        return
    if name not in BY_HAND and not re.search(rf"\b{name}\b", read):
        yield f"fields.c reads no {name}: observers on a socket would not see it"


COPIED, READ = (tree.read(path) for path in ("user/timeline/item.c", "user/share/fields.c"))
found = list(members())
tree.finish([line for kind, name in found for line in complaints_of(kind, name, COPIED, READ)],
            found)
