# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Markdown tables of what compare_peers.py measured: times and ratios for each number of threads, and errors."""

BASE = "etch traced"


def duration(nanoseconds):
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= factor:
            return f"{nanoseconds / factor:.3g} {unit}" if nanoseconds < 1e3 * factor else f"{nanoseconds / factor:.0f} {unit}"
    return f"{nanoseconds:.0f} ns"


def ratio(row, name, threads):
    """How many times as long as etch's compiled code; bold where etch loses.

    No ratio for several threads beside other work: they would share what is left of the processors.
    """
    times = row["times"]
    if f"{name}/{threads}" not in times or f"{BASE}/{threads}" not in times:
        return "–"
    if threads > 1 and not row["quiet"]:
        return "busy"
    value = times[f"{name}/{threads}"] / times[f"{BASE}/{threads}"]
    return f"**{value:.2f}**" if value < 0.995 else f"{value:.2f}"


def line(cells):
    return "| " + " | ".join(cells) + " |"


def head(cells):
    return [line(cells), "|---|---|" + "---:|" * (len(cells) - 2)]


def times_table(report, threads):
    # Array expressions of Eigen use one thread, so there is nothing to compare with more.
    names = [BASE, "etch eager", "JAX", *(["Eigen"] if threads == 1 else [])]
    lines = head(["program", "size", *names, *[f"{name.removeprefix('etch ')} / traced" for name in names[1:]], "spread"])
    for row in report["rows"]:
        if "skipped" in row:
            lines.append(line([row["program"], row["size"], *["left out"] * len(names), *["–"] * len(names)]))
            continue
        keys = [f"{name}/{threads}" for name in names]
        times = [duration(row["times"][key]) if key in row["times"]
                 else "failed" if key in row["failures"] else "missing" for key in keys]
        spreads = [row["spread"][key] for key in keys if key in row["spread"]]
        flag = "" if row["quiet"] else " (busy)"
        lines.append(line([row["program"], row["size"], *times, *[ratio(row, name, threads) for name in names[1:]],
                           f"{max(spreads):.0%}{flag}"]))
    return lines


def errors_table(report):
    names = ["etch", "JAX", "Eigen"]
    lines = head(["program", "size", *names, "tolerance"])
    for row in report["rows"]:
        if "skipped" in row:
            continue
        largest = [max((error for key, error in row["errors"].items() if key.startswith(name)), default=None) for name in names]
        lines.append(line([row["program"], row["size"], *["–" if error is None else f"{error:.1e}" for error in largest],
                           f"{row['tolerance']:.0e}"]))
    return lines


def text(report):
    lines = [*report["versions"], ""]
    for threads in sorted({1, report["processors"]}):
        lines += [f"{threads} thread{'s' if threads > 1 else ''}:", "", *times_table(report, threads), ""]
    lines += ["Ratios are times divided by that of etch traced: below 1, in bold, etch is slower. Spread: the row's largest "
              "interquartile range over median.", "", "Largest errors:", "", *errors_table(report), ""]
    return "\n".join(lines)
