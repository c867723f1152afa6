#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files of at most 400 lines, functions of at most 60 lines and 5 parameters.

The format puts the braces of a function, and of nothing else, alone in the first column.
"""
import re

import tree

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 5

# Their parameters are not ours: what the kernel passes to a hook, the test framework, OpenSSL.
FOREIGN_SIGNATURE = re.compile(r"\b(BPF_\w+|Test|TestSuite|ParameterizedTest|choose_alpn)\s*\(")


def signature_before(lines, brace):
    first = brace
    while first and lines[first - 1].strip() and not re.search(r"[;}]\s*$|^#", lines[first - 1]):
        first -= 1
    return " ".join(line.strip() for line in lines[first:brace])


def parameter_count(signature):
    if FOREIGN_SIGNATURE.search(signature) or not signature.endswith(")"):
        return 0
    depth, commas = 0, 0
    for letter in reversed(signature):
        depth += {")": 1, "(": -1}.get(letter, 0)
        commas += letter == "," and depth == 1
        if depth == 0:
            break
    return commas + 1


def complaints_of(path):
    lines = tree.code_only(tree.read(path)).splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines, more than {FILE_LINES}"
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
            signature = signature_before(lines, number)
            if parameter_count(signature) > PARAMETERS:
                yield f"{path}:{number}: more than {PARAMETERS} parameters: {signature}"
        elif line == "}" and start is not None:
            length = number - start - 1
            if length > FUNCTION_LINES:
                yield f"{path}:{start + 1}: function of {length} lines, more than {FUNCTION_LINES}"
            start = None


files = tree.sources(".c", ".h")
tree.finish([line for path in files for line in complaints_of(path)], files)
