#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The library never prints and never ends its caller's process: both are for user/cli."""
import re

import tree

LOUD = re.compile(
    r"(?<![\w.>])(printf|fprintf|vprintf|vfprintf|dprintf|puts|putchar|fputs|fputc|perror|psignal|"
    r"exit|_exit|quick_exit|abort|err|errx|warn|warnx|syslog|bpf_printk|bpf_trace_printk)\s*\(")
STREAM = re.compile(r"(?<![\w.>])(stdout|stderr)\b")


def complaints_of(path):
    for number, line in enumerate(tree.code_only(tree.read(path)).splitlines(), 1):
        match = LOUD.search(line) or STREAM.search(line)
        if match:
            yield f"{path}:{number}: {match[1]} outside user/cli"


files = [path for path in tree.sources(".c", ".h", folders=("bpf", "include", "user"))
         if path.parts[:2] != ("user", "cli")]
tree.finish([line for path in files for line in complaints_of(path)], files)
