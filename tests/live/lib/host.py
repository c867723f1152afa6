# SPDX-License-Identifier: MIT
"""Where things are, and whether this host can be traced at all.

CONNSPAN           the program under test
CONNSPAN_PROGRAMS  the folder of the built test programs
CONNSPAN_REQUIRE_LIVE=1  a skip, for whatever reason, is a failure (CI)
"""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
SCRIPTS = SOURCE / "tests" / "live" / "programs"
SKIP_STATUS = 77  # ctest's SKIP_RETURN_CODE


def connspan():
    path = os.environ.get("CONNSPAN")
    if not path or not os.access(path, os.X_OK):
        raise SystemExit(f"CONNSPAN must name the program under test, not {path!r}")
    return path


def required():
    return os.environ.get("CONNSPAN_REQUIRE_LIVE") == "1"


def cannot_trace():
    """Why this host cannot be traced, or None. `doctor` says it by status 3."""
    found = subprocess.run(
        [connspan(), "doctor"], capture_output=True, text=True, timeout=120, check=False
    )
    if found.returncode == 0:
        return None
    if found.returncode != 3:
        raise SystemExit(f"connspan doctor ended with {found.returncode}: {found.stderr}")
    return (found.stderr or found.stdout).strip() or "connspan doctor says no"


def kernel():
    """(6, 1) of 6.1.0-56-amd64."""
    return tuple(int(number) for number in os.uname().release.split(".")[:2])


def tool(name):
    """The path of an installed program; the calling test skips without it."""
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")
    if not path:
        raise unittest.SkipTest(f"{name} is not installed")
    return path


def program(name):
    """The path of one of our own test programs."""
    folder = os.environ.get("CONNSPAN_PROGRAMS")
    path = Path(folder or ".") / name
    if not path.exists():
        raise unittest.SkipTest(f"the test program {name} was not built on this machine")
    return str(path)
