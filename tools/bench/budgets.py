# SPDX-License-Identifier: MIT
"""What connspan may cost, and whether it does: a row for each budget, from what was found."""
import statistics

import kernel
import machine
import tables

MIB = 1 << 20


def result(found, section, key):
    """What was found there, or the reason why there is nothing, raised."""
    each = found[section][key][1]
    if isinstance(each, machine.Absent):
        raise each
    return each


def median_ratio(key):
    return lambda found: statistics.median(result(found, "compared", key).ratios())


def plain_us(found, packets):
    """BPF time of a plain connection, both ends, with or without the packets' programs."""
    cost = result(found, "costs", "connect")
    ns = cost.net_ns() - (0 if packets else cost.net_ns(kernel.PACKETS))
    return ns / 1000


def https_percent(found):
    ns = result(found, "costs", "https").net_ns()
    return ns / result(found, "compared", "https").untraced_cpu_us() / 10


def lost_percent(found):
    highest = result(found, "compared", "highest")
    return max(0, 1 - highest.seen() / highest.made()) * 100


def uncounted(found):
    highest = result(found, "compared", "highest")
    return max(0, highest.made() - highest.seen() - highest.lost())


def tracers(found):
    """Every tracer of every comparison."""
    return [tracer for _, each in found["compared"].values()
            if not isinstance(each, machine.Absent) for tracer in each.watchers]


def median_of(member):
    return lambda found: statistics.median(getattr(each, member) for each in tracers(found))


def replay_us(found):
    return statistics.median(result(found, "replay", "connect"))


# what, the limit, its unit, what was measured; a ratio may not be lower, all else not be higher.
ALL = (
    ("BPF programs per plain connection, both ends, without those of packets", 1.0, "us",
     lambda found: plain_us(found, False)),
    ("BPF programs per plain connection, both ends, all", 1.8, "us",
     lambda found: plain_us(found, True)),
    ("rate of connect, a byte each way, close", 0.93, "x", median_ratio("connect")),
    ("rate of full TLS 1.3 handshakes", 0.97, "x", median_ratio("full")),
    ("BPF time of an HTTPS request on a connection kept alive", 2, "%", https_percent),
    ("rate of fork + exec", 0.97, "x", median_ratio("spawn")),
    ("connections lost at the highest rate of the machine", 0.1, "%", lost_percent),
    ("of these not counted as lost", 0, "", uncounted),
    ("user space per connection, from event to line (replay of a tape)", 1.0, "us", replay_us),
    ("wake-ups per second, idle", 2, "/s", lambda found: result(found, "standing", "idle").wakeups),
    ("memory at rest, the kernel's maps included", 20, "MiB",
     lambda found: result(found, "standing", "idle").memory.all / MIB),
    ("memory with {hold:,} connections open, the kernel's maps included", 64, "MiB",
     lambda found: result(found, "standing", "hold").all / MIB),
    ("start to tracing", 300, "ms", median_of("start_ms")),
    ("SIGINT to the end, hooks detached", 300, "ms", median_of("stop_ms")),
)


def rows(found, hold):
    for what, limit, unit, measure in ALL:
        what = what.format(hold=hold)
        sign = "at least" if unit == "x" else "at most"
        try:
            value = measure(found)
        except (machine.Absent, statistics.StatisticsError) as reason:
            yield what, f"{sign} {limit} {unit}", reason, tables.NONE
            continue
        kept = value >= limit if unit == "x" else value <= limit
        yield (what, f"{sign} {limit} {unit}", f"{tables.number(value)} {unit}",
               "yes" if kept else "no")


def live_us(found, key):
    user_us, kernel_us = map(tables.number, result(found, "compared", key).watcher_us())
    return f"{user_us} us in user space, {kernel_us} us in the kernel"


# what, the figure
ITSELF = (
    ("start to tracing, ms", lambda found: spread_of(found, "start_ms")),
    ("SIGINT to the end, hooks detached, ms", lambda found: spread_of(found, "stop_ms")),
    ("at rest", lambda found: result(found, "standing", "idle").memory),
    ("at most, while connections are made and held open",
     lambda found: result(found, "standing", "hold")),
    ("resident at most, in all loads",
     lambda found: f"{max(each.peak_bytes for each in tracers(found)) / MIB:.1f} MiB"),
    ("per plain connection, record to line, by replay, us",
     lambda found: tables.spread(result(found, "replay", "connect"))),
    ("per TLS connection, record to line, by replay, us",
     lambda found: tables.spread(result(found, "replay", "full"))),
    ("per plain connection, live", lambda found: live_us(found, "connect")),
    ("per TLS connection, live", lambda found: live_us(found, "full")),
)


def spread_of(found, member):
    return tables.spread([getattr(each, member) for each in tracers(found)], 0)


def itself(found):
    for what, measure in ITSELF:
        try:
            yield what, measure(found)
        except (machine.Absent, ValueError) as reason:
            yield what, reason


def show_itself(found):
    tables.show("The tracer itself", ("what", "takes"), itself(found))


def show(found, hold):
    tables.show("Budgets", ("what", "budget", "measured", "kept"), rows(found, hold))
