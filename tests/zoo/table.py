# SPDX-License-Identifier: MIT
"""The zoo's table: one row per program and TLS version.

Rows are printed when they are known, and appended to the file CONNSPAN_ZOO_TABLE where that is set.
"""
import os
import statistics

HEADS = (
    "program", "library", "TLS", "connections", "bound by", "startSource/endSource",
    "connectStart", "tcpEstablished", "secureConnectionStart", "connectEnd",
)
MARKS = "connectStart", "tcpEstablished", "tlsStart", "tlsEnd"


def line(cells):
    return f"| {' | '.join(cells)} |"


def head():
    return line(HEADS) + "\n" + line("---" for _ in HEADS)


def values(found):
    """What the entries say, each once: wire, or uprobe,wire."""
    return ",".join(sorted({str(value) for value in found}))


def skew(skews_ns):
    """The program's time minus ours, in us: median (least..most)."""
    if not skews_ns:
        return "-"
    low, middle, high = (
        round(f(skews_ns) / 1000) for f in (min, statistics.median, max)
    )
    return f"{middle:+} ({low:+}..{high:+})"


def row(program, stack, version, entries, skews):
    """entries: all of one kind; skews: {mark: [ns]}."""
    tls = [entry["tls"] or {} for entry in entries]
    sources = [f"{t.get('startSource')}/{t.get('endSource')}" for t in tls]
    cells = (
        program, stack, version, str(len(entries)), values(t.get("boundBy") for t in tls),
        values(sources), *(skew(skews.get(mark)) for mark in MARKS),
    )
    text = line(cells)
    print("\n" + text, flush=True)  # whatever the line began with
    path = os.environ.get("CONNSPAN_ZOO_TABLE")
    if path:
        with open(path, "a", encoding="utf-8") as table:
            table.write(text + "\n")
