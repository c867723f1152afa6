# SPDX-License-Identifier: MIT
"""kernels.txt read: what each series must use."""
from pathlib import Path

HOOKS = "connect", "state", "wire", "tls", "discovery"
CONNECT_OF_RUNG = {"fentry": "fentry", "kprobe": "kprobe", "basic": "cgroup_connect"}


class Kernel:
    def __init__(self, series):
        words = self._row(series)
        self.series = series
        self.hooks = dict(zip(HOOKS, words[1:]))
        self.rungs = words[1 + len(HOOKS):]

    @staticmethod
    def _row(series):
        text = Path(__file__).with_name("kernels.txt").read_text(encoding="utf-8")
        for line in text.splitlines():
            words = line.split()
            if words and words[0] == series:
                return words
        raise SystemExit(f"kernels.txt says nothing of {series}")
