# SPDX-License-Identifier: MIT
"""A tracer that takes this machine for one with shadow stacks. The kernel emulates a probed call
without them, and the program would end at its return: so no call is probed, and failures have the
library's words all the same. What runs on such a stack, where there is one: test_uprobe_safety.py.
"""
import os
import platform
import unittest
from pathlib import Path

import test_failures
from lib import footprint, host
from lib.case import main
from lib.tracer import Tracer

CALL = 0xE8  # the first byte of one to a place nearby
TABLE = "cookie\t offset\t ref_ctr_offset"
HIDE = 'mount --bind "$0" /proc/cpuinfo && exec "$@"'


def probed(tracer):
    """The first bytes of the instructions that probes of libssl are on; None: none is told."""
    found = None
    for info in footprint.links(tracer.process.pid):
        path = next((line for line in info.splitlines() if line.startswith("path:")), "")
        if "libssl" in path and TABLE in info:
            code = Path(path.split("\t")[1]).read_bytes()
            places = info.split(TABLE)[1].splitlines()[1:]
            found = (found or []) + [code[int(place.split()[1], 16)] for place in places]
    return found


@unittest.skipUnless(platform.machine() == "x86_64", "elsewhere a call is emulated whole")
class ShadowStack(test_failures.Tls):
    options = None

    @classmethod
    def set_up(cls):
        super().set_up()
        cls.as_it_is = cls.start()
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        cpus = Path(cls.folder) / "cpuinfo"
        cpus.write_text(told.replace("flags\t\t:", "flags\t\t: user_shstk"), encoding="utf-8")
        cls.tracer = cls.start(host.tool("unshare"), "--mount", host.tool("sh"), "-c", HIDE, cpus)

    @classmethod
    def start(cls, *prefix):
        tracer = Tracer(cls.folder, "-p", os.getpid(), prefix=prefix)
        cls.addClassCleanup(tracer.finish)
        return tracer

    def test_no_call_is_probed(self):
        here, other = probed(self.tracer), probed(self.as_it_is)
        if other is None:
            self.skipTest("this kernel does not tell where probes are")
        self.assertNotIn(CALL, here)
        if "user_shstk" not in Path("/proc/cpuinfo").read_text(encoding="utf-8").split():
            self.assertIn(CALL, other)


if __name__ == "__main__":
    main()
