#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints eager against traced times from Google Benchmark's JSON, one row per program and size, as a Markdown table.

Benchmarks are named <program>/eager/<size> and <program>/traced/<size>. With repetitions the median counts.
"""

import json
import sys

NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


def times(report):
    """{(program, size): {mode: nanoseconds}}."""
    rows = {}
    for run in report["benchmarks"]:
        if run.get("error_occurred") or run.get("aggregate_name", "median") != "median":
            continue
        parts = run.get("run_name", run["name"]).split("/")
        modes = [index for index, part in enumerate(parts) if part in ("eager", "traced")]
        if len(modes) != 1:
            continue
        mode = parts.pop(modes[0])
        key = (parts[0], "/".join(part for part in parts[1:] if not part.startswith(("repeats:", "min_", "real_time"))))
        rows.setdefault(key, {})[mode] = run["real_time"] * NANOSECONDS[run["time_unit"]]
    return rows


def duration(nanoseconds):
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= factor:
            return f"{nanoseconds / factor:.2f} {unit}"
    return f"{nanoseconds:.0f} ns"


def table(report):
    context = report.get("context", {})
    lines = [f"{context.get('host_name', 'unknown host')}, {context.get('num_cpus', '?')} CPUs, {context.get('date', '')}", "",
             "| program | size | eager | traced | eager / traced |", "|---|---|---:|---:|---:|"]
    # Random interleaving leaves the report in no order: by program, small sizes first.
    rows = sorted((program, row["eager"], size, row) for (program, size), row in times(report).items() if len(row) == 2)
    for program, _, size, row in rows:
        ratio = row["eager"] / row["traced"]
        lines.append(f"| {program} | {size} | {duration(row['eager'])} | {duration(row['traced'])} | {ratio:.2f}× |")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: bench_table.py results.json")
    with open(sys.argv[1], encoding="utf-8") as file:
        print(table(json.load(file)))
