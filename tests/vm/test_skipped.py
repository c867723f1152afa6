# SPDX-License-Identifier: MIT
"""Programs that the kernel skips, because another task lost the CPU inside one (PREEMPT_LAZY), cost
no entry and no mark: what they did not tell is repaired by the packets."""
from lib import host
from lib.case import LiveCase, main

CONNECTIONS = 500


class Skipped(LiveCase):
    options = None

    def test_every_connection_is_told_once(self):
        command = [host.program("load"), "--connections", CONNECTIONS]
        file = self.trace([str(word) for word in command])
        for entry in file.entries:
            self.assert_connected(entry)
        self.assertEqual(len(file.entries), CONNECTIONS)
        print(f"skipped runs: {file.stats[-1]['total']['hook']}")


if __name__ == "__main__":
    main()
