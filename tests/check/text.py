#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every source begins with its licence and says what it owns; nothing is left for later, or said elsewhere."""
import re

import tree

LATER = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")  # spelt so that it does not find itself
# A paper, or a number in one, that whoever reads the sources does not have.
ELSEWHERE = re.compile(r"\b(DESI[G]N|SEMANTIC[S])\b|\bD\d{1,2}\b[:)]|/\* D\d{1,2}\b")
CONFLICT = re.compile(r"(<{7}|>{7}) ")
# What runs in the kernel, and the records it writes, must also be there under the kernel's licence.
KERNEL_FOLDERS = ("bpf", "include/wire")


def licence_of(path):
    dual = str(path).startswith(KERNEL_FOLDERS) or str(path).endswith(".bpf.c")
    return "SPDX-License-Identifier: " + ("GPL-2.0 OR MIT" if dual else "MIT")


def complaints_of(path):
    lines = tree.read(path).splitlines()
    top = lines[1:3] if lines and lines[0].startswith("#!") else lines[:2]
    if not top or licence_of(path) not in top[0]:
        yield f"{path}:1: no '{licence_of(path)}' in the first line"
    elif path.suffix in (".c", ".h") and not (len(top) > 1 and top[1].startswith("/*")):
        yield f"{path}:2: no comment that says what the file owns"
    for number, line in enumerate(lines, 1):
        if LATER.search(line):
            yield f"{path}:{number}: do it or drop it: {line.strip()}"
        if ELSEWHERE.search(line):
            yield f"{path}:{number}: say it here: {line.strip()}"
        if CONFLICT.match(line):
            yield f"{path}:{number}: a merge that nobody finished"
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"


files = tree.sources(".c", ".h", ".py", ".sh")
tree.finish([line for path in files for line in complaints_of(path)], files)
