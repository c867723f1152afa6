#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program of docs/library.md compiles without a warning, and says what is wrong without a tracer.

usage: library_doc.py BUILD-FOLDER C-COMPILER SANITIZERS [PROGRAM-TO-KEEP [SOURCE-OF-ENTRIES]]
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import tree

BUILD, COMPILER, SANITIZERS = pathlib.Path(sys.argv[1]), *sys.argv[2:4]
DOCUMENT = tree.ROOT / "docs" / "library.md"


def compile_to(program, source):
    """Against the shared library of the build, as a reader does against the installed one."""
    library = BUILD / "user" / "tracer"
    sanitize = [f"-fsanitize={SANITIZERS}"] if SANITIZERS else []
    return subprocess.run(
        [COMPILER, "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-o", program, source,
         f"-I{tree.ROOT / 'include'}", f"-I{BUILD / 'include'}", *sanitize, f"-L{library}",
         "-lconnspan", f"-Wl,-rpath,{library}"],
        stderr=subprocess.PIPE, text=True, check=False)


def complaints_of(text, folder):
    source = folder / "observer.c"
    if len(sys.argv) > 5:
        text = text.replace("CONNSPAN_SOURCE_SOCKET", f"CONNSPAN_SOURCE_{sys.argv[5]}")
    source.write_text(text, encoding="utf-8")
    program = sys.argv[4] if len(sys.argv) > 4 else folder / "observer"
    done = compile_to(program, source)
    if done.returncode:
        return [done.stderr]
    if len(sys.argv) > 4:
        return []
    done = subprocess.run([program, folder / "no-socket"], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 1 or done.stderr != "No such file or directory\n":
        return [f"without a tracer: {done}"]
    return []


found = re.findall(r"^```c\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
with tempfile.TemporaryDirectory(prefix="connspan-doc-") as scratch:
    tree.finish([line for text in found for line in complaints_of(text, pathlib.Path(scratch))],
                found)
