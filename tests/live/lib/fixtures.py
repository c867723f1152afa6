# SPDX-License-Identifier: MIT
"""What tests stand on, made when first asked for and closed in reverse order: of a class, or, in an
emulated machine where making it costs seconds, of all classes (LiveCase.shared)."""
import contextlib
import tempfile

from .certs import Certificate


class Fixtures:
    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.made = {}
        self.folder = self.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="connspan-live-")
        )
        self.certificate = Certificate(self.folder)

    def get(self, make, *args):
        """make(*args), the same for the same arguments; it has a close() or a stop()."""
        key = make, args
        if key not in self.made:
            self.made[key] = make(*args)
            self.stack.callback(getattr(self.made[key], "close", None) or self.made[key].stop)
        return self.made[key]

    def close(self):
        self.stack.close()
