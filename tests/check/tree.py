# SPDX-License-Identifier: MIT
"""The sources that the checks look at, and C text without comments and strings."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE_FOLDERS = ("bpf", "examples", "include", "tests", "tools", "user")
SKIPPED = 77

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def sources(*suffixes, folders=SOURCE_FOLDERS):
    """Paths relative to the root, sorted."""
    found = []
    for folder in folders:
        found += [path.relative_to(ROOT) for path in (ROOT / folder).rglob("*")
                  if path.is_file() and path.suffix in suffixes]
    return sorted(found)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def _blank(match):
    """As many lines as before, so that line numbers stay right."""
    text = match.group()
    if text[0] in "\"'":
        return text[0] + text[0]
    return "\n" * text.count("\n")


def code_only(text):
    return _TOKEN.sub(_blank, text)


def finish(complaints, checked):
    """One line per complaint; a check that found nothing to look at is broken, not content."""
    for complaint in complaints:
        print(complaint)
    if not checked:
        print("nothing to check: is the tree complete?")
    sys.exit(1 if complaints or not checked else 0)
