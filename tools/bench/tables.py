# SPDX-License-Identifier: MIT
"""What was found, as Markdown: docs/performance.md holds it as it is printed."""
import statistics

import kernel
import machine

NONE = "-"
COMPARED = ("load", "untraced", "rate, traced / untraced",
            "processor time per unit, traced / untraced", "of which the tracer", "entries of what was made")


def number(value):
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def spread(values, digits=3):
    """Median and quartiles; of fewer than four, the extremes."""
    if len(values) >= 4:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    else:
        low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def show(title, head, rows):
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |")


def rows(section, cells, width):
    """(title, cells...) of each row of a section; where there is nothing, why."""
    for title, found in section.values():
        if isinstance(found, machine.Absent):
            yield [title, found] + [NONE] * (width - 2)
        else:
            yield [title, *cells(found)]


def completeness(found):
    if found.seen() is None:
        return NONE
    lost = f", {found.lost():,} counted as lost" if found.lost() else ""
    return f"{found.seen():,} of {found.made():,}{lost}"


def compared(found):
    unit = found.load.unit
    plural = unit if unit == "MiB" else f"{unit}s"
    return (f"{number(found.untraced_rate())} {plural}/s", spread(found.ratios()),
            spread(found.cpu_ratios()), f"{number(sum(found.watcher_us()))} us", completeness(found))


def show_compared(title, section):
    show(title, COMPARED, rows(section, compared, len(COMPARED)))


def show_hooks(title, section, comparisons):
    """Beside what `comparisons` have by the same keys."""
    head = "load", "rate, hooked / not", "processor time per unit, hooked / not", "rate, traced / not"

    def cells(key):
        def of(found):
            _, traced = comparisons[key]
            beside = NONE if isinstance(traced, machine.Absent) else spread(traced.ratios())
            return spread(found.ratios()), spread(found.cpu_ratios()), beside
        return of

    show(title, head, (row for key, each in section.items()
                       for row in rows({key: each}, cells(key), len(head))))


def show_costs(title, section, comparisons):
    """`comparisons` has the same keys: how long a unit takes untraced."""
    def cells(key):
        def of(cost):
            runs, ns = cost.per_unit()
            _, whole = comparisons[key]
            share = NONE if isinstance(whole, machine.Absent) else \
                f"{cost.net_ns() / whole.untraced_cpu_us() / 10:.2f} %"
            return (f"per {cost.unit}", number(runs), number(cost.net_ns()),
                    number(cost.measuring_ns()), number(ns), share)
        return of

    head = ("load", "", "runs", "ns", "ns of the measuring itself", "ns, both",
            "of the unit's processor time, without the measuring")
    show(title, head, (row for key, each in section.items()
                       for row in rows({key: each}, cells(key), len(head))))


def show_programs(title, section):
    """Of the loads in `section`: runs per unit and ns per run of each program."""
    costs = {name: cost for name, cost in section.values() if not isinstance(cost, machine.Absent)}
    names = sorted({name for cost in costs.values() for name in cost.programs},
                   key=lambda name: -max(c.per_unit({name})[1] for c in costs.values()))
    lines = [("all", None), ("packets", kernel.PACKETS), *((name, {name}) for name in names)]
    head = ["program"]
    for name in costs:
        head += [f"{name}: runs", "ns per run", "ns", "ns of the measuring itself"]
    show(title, head, ([line, *programs_cells(costs.values(), chosen)] for line, chosen in lines))


def programs_cells(costs, chosen):
    for cost in costs:
        runs, _ = cost.per_unit(chosen)
        ns = cost.net_ns(chosen)
        yield from ((f"{runs:.1f}", number(ns / runs), number(ns), number(cost.measuring_ns(chosen)))
                    if runs else (NONE,) * 4)


def show_peers(title, section):
    head = ("tool", "load", "rate, with / without", "processor time per unit, with / without",
            "connections it has", "missed", "it cannot tell")

    def cells(found):
        seen = found.seen()
        missed = NONE if seen is None else f"{max(0, 1 - seen / found.made()):.2%}"
        lacks = getattr(found.watchers[0], "lacks", "")
        said = f"; it says {found.lost():,} lost" if found.lost() else ""
        has = NONE if seen is None else f"{seen:,} of {found.made():,}{said}"
        return (found.load.title, spread(found.ratios()), spread(found.cpu_ratios()), has, missed,
                lacks)

    show(title, head, rows(section, cells, len(head)))


def as_json(found):
    """What was counted, for programs."""
    made = {}
    for name, section in found.items():
        for key, (title, each) in section.items():
            said = {"title": title}
            if isinstance(each, machine.Absent):
                said["absent"] = str(each)
            elif hasattr(each, "ratios"):
                said.update(made=each.made(), seen=each.seen(), lost=each.lost(),
                            ratios=each.ratios(), cpuRatios=each.cpu_ratios(),
                            untracedPerSecond=each.untraced_rate())
            elif hasattr(each, "per_unit"):
                said.update(zip(("runs", "ns"), each.per_unit()))
            else:
                said["value"] = each
            made.setdefault(name, {})[key] = said
    return made
