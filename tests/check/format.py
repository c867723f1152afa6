#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All C is as clang-format would write it (.clang-format at the root)."""
import shutil
import subprocess
import sys

import tree

if not shutil.which("clang-format"):
    print("skipped: clang-format is not installed")
    sys.exit(tree.SKIPPED)

files = [str(path) for path in tree.sources(".c", ".h")]
done = subprocess.run(["clang-format", "--dry-run", "--Werror", "--ferror-limit=1", *files],
                      cwd=tree.ROOT, stderr=subprocess.PIPE, text=True, check=False)
complaints = [line for line in done.stderr.splitlines() if ": error: " in line]
if done.returncode and not complaints:
    complaints = [done.stderr]
tree.finish(complaints, files)
