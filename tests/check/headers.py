#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every public header compiles alone, pedantically, as C11, C17 and C++17.

usage: headers.py C-COMPILER FOLDER-OF-GENERATED-HEADERS
"""
import shutil
import subprocess
import sys

import tree

STANDARDS = (("c", "c11"), ("c", "c17"), ("c++", "c++17"))


def compile_alone(compiler, language, standard, header):
    """Twice, so that a missing guard shows."""
    text = f"#include <connspan/{header}>\n" * 2
    done = subprocess.run(
        [compiler, "-x", language, f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror",
         "-fsyntax-only", f"-I{tree.ROOT / 'include'}", f"-I{sys.argv[2]}", "-"],
        input=text + "int alone(void);\n", stderr=subprocess.PIPE, text=True, check=False)
    return done.stderr if done.returncode else ""


compilers = {"c": sys.argv[1], "c++": shutil.which("c++") or shutil.which("clang++")}
if not compilers["c++"]:
    print("skipped: no C++ compiler is installed")
    sys.exit(tree.SKIPPED)

headers = sorted({path.name.removesuffix(".in")
                  for path in tree.sources(".h", ".in", folders=("include/connspan",))})
complaints = []
for name in headers:
    for language_name, standard_name in STANDARDS:
        errors = compile_alone(compilers[language_name], language_name, standard_name, name)
        if errors:
            complaints.append(f"connspan/{name} as {standard_name}:\n{errors}")
tree.finish(complaints, headers)
