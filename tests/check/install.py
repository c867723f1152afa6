#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`cmake --install`, then a program of a stranger: by pkg-config and by CMake, shared and static.

The installed headers compile alone, the shared library exports connspan_* only, under its soname.
usage: install.py BUILD-FOLDER C-COMPILER SANITIZERS
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import tree

BUILD, COMPILER, SANITIZERS = sys.argv[1:4]
SANITIZE = [f"-fsanitize={SANITIZERS}"] if SANITIZERS else []
PROGRAM = """
#include <connspan/connspan.h>
#include <string.h>
int main(void)
{
    struct connspan_options options = CONNSPAN_OPTIONS;
    struct connspan_tracer *tracer;
    if (connspan_tracer_open_tape("/dev/null/none", &options, &tracer) >= 0)
        return 1;
    return connspan_format_by_name("ndjson") == CONNSPAN_FORMAT_NDJSON ? 0 : 2;
}
"""
CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(stranger LANGUAGES C)
find_package(connspan @VERSION@ REQUIRED)
foreach(kind connspan static)
  add_executable(with_${kind} main.c)
  target_link_libraries(with_${kind} PRIVATE connspan::${kind})
  target_link_options(with_${kind} PRIVATE @SANITIZE@)
endforeach()
"""


class Complaint(Exception):
    pass


def run(*args, **options):
    done = subprocess.run([str(arg) for arg in args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode:
        raise Complaint(f"{' '.join(map(str, args))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def one(folder, pattern):
    found = sorted(folder.rglob(pattern))
    if not found:
        raise Complaint(f"no {pattern} was installed")
    return found[0]


def check_exports(library):
    said = run("objdump", "-p", library)
    soname = re.search(r"SONAME\s+(\S+)", said)
    if not soname or soname[1] != "libconnspan.so.0":
        raise Complaint(f"soname is {soname and soname[1]}")
    names = [line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()]
    foreign = [name for name in names
               if not re.match(r"connspan_\w+@@CONNSPAN_\d+$|CONNSPAN_\d", name)]
    if foreign:
        raise Complaint(f"exported, too: {' '.join(foreign)}")
    return {name.split("@")[0] for name in names}


def check_declared(exported, include):
    """Every function of the headers is in the library."""
    text = "".join(path.read_text(encoding="utf-8") for path in include.glob("connspan/*.h"))
    declared = set(re.findall(r"\b(connspan_\w+)\(", tree.code_only(text)))
    if declared - exported:
        raise Complaint(f"declared, not exported: {' '.join(sorted(declared - exported))}")


def check_headers(include, folder):
    (folder / "alone.h").write_text("int alone(void);\n", encoding="utf-8")
    for header in sorted(include.glob("connspan/*.h")):
        for language, standard in (("c", "c11"), ("c", "c17"), ("c++", "c++17")):
            if language == "c++" and not shutil.which("c++"):
                continue
            run("c++" if language == "c++" else COMPILER, "-x", language, f"-std={standard}",
                "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{include}",
                "-include", header, folder / "alone.h")


def check_pkg_config(prefix, folder, library):
    path = one(prefix, "connspan.pc").parent
    env = dict(os.environ, PKG_CONFIG_PATH=str(path), LD_LIBRARY_PATH=str(library.parent))
    for kind in ([], ["--static"]):
        flags = run("pkg-config", "--cflags", "--libs", *kind, "connspan", env=env).split()
        if kind:
            flags = ["-l:libconnspan.a" if flag == "-lconnspan" else flag for flag in flags]
        program = folder / "by-pkg-config"
        run(COMPILER, "-o", program, folder / "main.c", *SANITIZE, *flags)
        run(program, env=env)


def check_cmake(prefix, folder, version):
    text = CMAKE.replace("@SANITIZE@", " ".join(SANITIZE)).replace("@VERSION@", version)
    (folder / "CMakeLists.txt").write_text(text, encoding="utf-8")
    run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_C_COMPILER={COMPILER}")
    run("cmake", "--build", folder / "build")
    for kind in ("connspan", "static"):
        run(folder / "build" / f"with_{kind}")


def check_all(root):
    prefix, folder = root / "prefix", root / "stranger"
    folder.mkdir()
    (folder / "main.c").write_text(PROGRAM, encoding="utf-8")
    run("cmake", "--install", BUILD, "--prefix", prefix)
    include = one(prefix, "connspan.h").parent.parent
    version = re.search(r'CONNSPAN_VERSION "(.*)"', one(prefix, "version.h").read_text())[1]
    library = one(prefix, "libconnspan.so.0")
    check_declared(check_exports(library), include)
    check_headers(include, folder)
    check_pkg_config(prefix, folder, library)
    check_cmake(prefix, folder, version)


complaints = []
with tempfile.TemporaryDirectory(prefix="connspan-install-") as scratch:
    try:
        check_all(pathlib.Path(scratch))
    except Complaint as complaint:
        complaints.append(str(complaint))
tree.finish(complaints, [BUILD])
