# SPDX-License-Identifier: MIT
"""Entries held against what a program knows of each of its connections.

A mark of ours must lie between the program's clock before the call in question and after it: that is
exact on the busiest machine, so no window is allowed. Ports come again within thousands of
connections; the one whose connectStart lies inside the program's connect() is meant.
"""
import collections

SILENT_NS = 1_000_000_000


def inside(ns, span):
    return ns is not None and span[0] <= ns <= span[1]


def tls_entry(found, own):
    """The entry that tells the handshake. Whoever is silent for a second gets an entry for that, and
    its TLS a late one: a crowded thread may be as slow as that."""
    left_ns = max(own["start"][1], own.get("hello") or 0)  # the ClientHello, at the latest
    if len(found) == 2 and left_ns - own["connect"][0] > SILENT_NS:
        found = [entry for entry in found if entry.connection["late"]]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} entries for {own}: {found}")
    return found[0]


def pair(entries, owns):
    """[(entry, what the program measured)]; every connection has exactly one entry of its TLS."""
    by_port = collections.defaultdict(list)
    for entry in entries:
        by_port[entry.key].append(entry)
    pairs = []
    for own in owns:
        found = [entry for entry in by_port[own["pid"], own["localPort"]]
                 if inside(entry.ns("connectStart"), own["connect"])]
        pairs.append((tls_entry(found, own), own))
    return pairs


def spans(entry, own):
    """{phase: (earliest, latest)}. What the wire tells happens inside the call as well, except with
    memory BIOs: there the ClientHello leaves after the first call, the Finished after the last. Up
    to TLS 1.2 the server's Finished ends it, which lies ready before the call that reads it."""
    source = entry["tls"]["startSource"], entry["tls"]["endSource"]
    start, end = list(own["start"]), list(own["end"])
    if source[0] == "wire":
        start[1] = own.get("hello") or max(start[1], end[0])
    if own.get("flushed") and source[1] == "wire":
        end[1] = own["flushed"]
    if entry["tls"]["version"] == "1.2" and source[1] == "wire":
        end[0] = own["start"][0]
    wanted = {"connectStart": own["connect"], "tlsStart": start, "tlsEnd": end}
    if own.get("abandoned"):
        del wanted["tlsEnd"]
    return wanted


def faults(entry, own):
    """What is wrong with one entry, as text."""
    said = [f"{phase} {entry.ns(phase)} is not in {span}"
            for phase, span in spans(entry, own).items() if not inside(entry.ns(phase), span)]
    if entry["tls"]["serverName"] != f"n{own['number']}.example":
        said.append(f"serverName {entry['tls']['serverName']}")
    if "resumed" in own and not own["abandoned"] and entry["tls"]["resumed"] != own["resumed"]:
        said.append(f"resumed {entry['tls']['resumed']}")
    wanted = "aborted" if own.get("abandoned") else "connected"
    if entry.connection["outcome"] != wanted:
        said.append(f"outcome {entry.connection['outcome']} {entry.connection['error']}")
    return said


def spread(pairs):
    """{"startSource/endSource/boundBy": count}"""
    return dict(collections.Counter(
        "/".join(str(e["tls"][key]) for key in ("startSource", "endSource", "boundBy"))
        for e, _ in pairs
    ))
