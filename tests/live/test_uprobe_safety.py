# SPDX-License-Identifier: MIT
"""Programs that a probe could kill: under seccomp, with handshakes on stacks that are swapped away,
with handshakes and lookups that are left by longjmp(). They end well, and their entries are right.
Where the machine has shadow stacks, they run on one."""
import os
from pathlib import Path

from lib import crowd, host, programs
from lib.case import LiveCase, main

COUNT = 8
DEPTH = 80  # more than the kernel remembers of one thread (MAX_URETPROBE_DEPTH, 64)


class Traced(LiveCase):
    @classmethod
    def set_up(cls):
        cls.tls_server = cls.server(certificate=cls.certificate)

    def handshakes(self, program, how, **env):
        """[(entry, what the program measured)]; it ended well, and no entry is wrong."""
        owns = programs.run([host.program(program), how, self.tls_server.at, COUNT],
                            env={**os.environ, **env})
        self.assertEqual(len(owns), COUNT)
        pairs = [(self.tracer.wait_entry(lambda e, own=own: self.is_of(e, own)), own)
                 for own in owns]
        if self.tracer.sees_wire:
            for entry, own in pairs:
                self.assertEqual(crowd.faults(entry, own), [], (entry, own))
        return pairs

    def is_of(self, entry, own):
        return entry.key == (own["pid"], own["localPort"]) and crowd.inside(
            entry.ns("connectStart"), own["connect"])

    def check(self, pairs):
        for entry, own in pairs:
            if not own["abandoned"]:
                self.assert_sources(entry)

    # ---- seccomp ----

    def test_filter(self):
        self.check(self.handshakes("strict", "filter"))

    def test_strict(self):
        self.check(self.handshakes("strict", "strict"))

    # ---- stacks ----

    def test_async(self):
        self.check(self.handshakes("stacks", "async"))

    def test_swapped(self):
        self.check(self.handshakes("stacks", "swap"))

    def test_left(self):
        pairs = self.handshakes("stacks", "jump")
        self.assertEqual(sum(own["abandoned"] for _, own in pairs), COUNT / 2)
        self.check(pairs)

    def test_lookups_left(self):
        programs.run([host.program("leave"), DEPTH])

    def test_shadow_stack(self):
        """The C library asks for one where there is one; swapcontext() would need a program built
        for it."""
        has = "user_shstk" in Path("/proc/cpuinfo").read_text(encoding="ascii").split()
        print("with a shadow stack" if has else "this machine has no shadow stacks")
        env = {"GLIBC_TUNABLES": "glibc.cpu.x86_shstk=on"}
        for how in ("async", "jump"):
            self.check(self.handshakes("stacks", how, **env))
        # Where a handshake fails, what calls the function that notes the error is probed.
        programs.run([host.tool("curl"), "-s", f"https://{self.tls_server.at}/"], status=60,
                     env={**os.environ, **env})


class WithoutReturns(Traced):
    options = ("--no-uretprobes",)


if __name__ == "__main__":
    main()
