#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures etch against its peers, in turn, checks all results against a reference in double, prints Markdown tables.

Every row starts one worker process for each peer (worker.h says how they talk). In a round each of them is timed once,
in random order. A round starts when the machine is quiet, as far as patience goes, and counts as quiet if everything else
used little processor time meanwhile; rounds go on until enough quiet ones agree, or the limit is reached.
"""

import argparse
import dataclasses
import filecmp
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

import peers_table

PROCESSORS = len(os.sched_getaffinity(0))
SEED = 20
QUIET = 0.15  # of one processor
CLOSE = 0.10  # interquartile range over median
ENOUGH = 7  # measurements for a median


@dataclasses.dataclass(frozen=True)
class Row:
    program: str
    rows: int
    columns: int
    tolerance: float
    inputs: int = 1
    low: float = -1.0
    high: float = 1.0

    @property
    def size(self):
        return f"{self.rows}x{self.columns}" if self.rows > 1 else str(self.columns)

    def counts(self):
        """Elements of each input: what follows the first is as large in chain20, a row in layer_norm."""
        first = self.rows * self.columns
        return [first] + [first if self.rows == 1 else self.columns] * (self.inputs - 1)


# Sums of numbers around 0 would measure cancellation. argmax must be right.
ROWS = [
    *[Row("chain20", 1, size, 1e-5, inputs=2) for size in (1_000, 100_000, 1_000_000, 100_000_000)],
    *[Row("functions6", 1, size, 1e-5, low=-2.0, high=2.0) for size in (100_000, 10_000_000)],
    *[Row("softmax", *shape, 1e-5, low=-5.0, high=5.0) for shape in ((8, 1024), (512, 1024), (4096, 32000))],
    *[Row("layer_norm", *shape, 1e-5, inputs=3) for shape in ((4096, 768), (2048, 4096))],
    Row("sum_all", 1, 100_000_000, 1e-4, low=0.0),
    *[Row(program, 8192, 8192, 1e-4, low=0.0) for program in ("sum_rows", "sum_columns")],
    Row("argmax_rows", 8192, 8192, 0.0),
]


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    threads: int
    command: tuple
    environment: tuple = ()

    @property
    def key(self):
        return f"{self.name}/{self.threads}"


class Failure(Exception):
    pass


class Worker:
    def __init__(self, peer, folder):
        # A thread that hands its work to another one is still one thread at a time only on one processor.
        processors = set(sorted(os.sched_getaffinity(0))[-peer.threads:])
        self.process = subprocess.Popen(peer.command, cwd=folder, env={**os.environ, **dict(peer.environment)}, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, processors), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, *words):
        try:
            print(*words, file=self.process.stdin, flush=True)
            reply = self.process.stdout.readline().split()
        except OSError:
            reply = []
        if reply[:1] != ["ok"]:
            raise Failure(" ".join(reply) or f"failed: the worker ended with status {self.process.wait()}")
        return [float(word) for word in reply[1:]]

    def ticks(self):
        return process_ticks(self.process.pid)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def process_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def machine_ticks():
    """All processors' busy time, and time a host took from us. Processes with lowered priority give way: not counted."""
    user, _, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
    return user + system + irq + softirq + steal


def available_bytes():
    text = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"MemAvailable:\s*(\d+) kB", text)[1]) * 1024


def others_share(workers, run):
    """What processes other than ours used while `run` ran, in processors."""
    def snapshot():
        ours = process_ticks("self") + sum(worker.ticks() for worker in workers)
        return machine_ticks(), ours, os.times().elapsed

    before = snapshot()
    run()
    after = snapshot()
    ticks = (after[0] - before[0]) - (after[1] - before[1])
    return max(0.0, ticks / os.sysconf("SC_CLK_TCK") / (after[2] - before[2]))


def spread(values):
    quarter = statistics.quantiles(values, n=4, method="inclusive")
    return (quarter[2] - quarter[0]) / statistics.median(values)


def one_round(workers, order, seconds):
    """{peer: (nanoseconds, processor nanoseconds)} of one call each."""
    times = {}
    for key in order:
        times[key] = tuple(workers[key].ask("time", seconds)[:2])
    return times


def wait_for_quiet(deadline):
    """Until others leave the processors alone for a moment, at most up to the deadline."""
    while time.monotonic() < deadline and others_share([], lambda: time.sleep(0.5)) > QUIET:
        pass


def measure(workers, options):
    """Rounds until `options.rounds` quiet ones agree: ([round], whether they are quiet)."""
    rounds = []
    deadline = time.monotonic() + options.patience
    shuffled = random.Random(SEED)
    while len(rounds) < options.max_rounds:
        wait_for_quiet(deadline)
        order = shuffled.sample(sorted(workers), len(workers))
        times = {}
        share = others_share(workers.values(), lambda: times.update(one_round(workers, order, options.seconds)))
        rounds.append({"others": share, "times": times})
        quiet = [entry for entry in rounds if entry["others"] <= QUIET]
        if len(quiet) >= options.rounds and all(spread([entry["times"][key][0] for entry in quiet]) <= CLOSE
                                                for key in workers):
            break
    quiet = [entry for entry in rounds if entry["others"] <= QUIET]
    return (quiet, True) if len(quiet) >= ENOUGH else (rounds, False)


def make_inputs(row, binaries, folder):
    names = []
    for index, count in enumerate(row.counts()):
        names.append(f"input{index}")
        subprocess.run([binaries / "peers_data", "generate", names[-1], str(count), str(SEED + index), str(row.low),
                        str(row.high)], cwd=folder, check=True)
    return names


def check(row, inputs, workers, binaries, folder):
    """{peer: error}, and whether etch's results are the same bits."""
    files = [re.sub(r"\W", "-", key) for key in workers]
    for file, worker in zip(files, workers.values()):
        worker.ask("save", file)
    output = subprocess.run([binaries / "peers_data", "check", row.program, str(row.rows), str(row.columns), *inputs, ":",
                             *files], cwd=folder, check=True, capture_output=True, text=True).stdout
    errors = dict(zip(workers, map(float, output.split())))
    etch = [folder / file for file in files if file.startswith("etch")]
    same = all(filecmp.cmp(etch[0], other, shallow=False) for other in etch[1:])
    for file in files:
        (folder / file).unlink()
    return errors, same


def start(row, peers, inputs, folder):
    """Workers that hold the row's inputs, and why others do not."""
    workers, failures = {}, {}
    for peer in peers:
        worker = Worker(peer, folder)
        try:
            worker.ask("load", row.program, row.rows, row.columns, *inputs)
            workers[peer.key] = worker
        except Failure as failure:
            failures[peer.key] = str(failure)
            worker.stop()
    return workers, failures


def run_row(row, peers, options, folder):
    result = {"program": row.program, "size": row.size, "tolerance": row.tolerance}
    # Inputs, the result and up to two intermediate tensors for each peer.
    needed = 4 * (sum(row.counts()) + 3 * row.rows * row.columns) * len(peers)
    if needed > available_bytes():
        return {**result, "skipped": f"needs up to {needed / 1e9:.0f} GB of memory"}
    inputs = make_inputs(row, options.binaries, folder)
    workers, failures = start(row, peers, inputs, folder)
    try:
        errors, same = check(row, inputs, workers, options.binaries, folder)
        rounds, is_quiet = measure(workers, options)
    except Failure as failure:
        return {**result, "skipped": str(failure), "failed": True}
    finally:
        for worker in workers.values():
            worker.stop()
    times = {key: [entry["times"][key] for entry in rounds] for key in workers}
    # One thread's own processor time hardly depends on who else runs; of several threads it would hide their waiting.
    clocks = {key: 0 if is_quiet or key.split("/")[1] != "1" else 1 for key in workers}
    return {
        **result, "failures": failures, "errors": errors, "same_bits": same, "quiet": is_quiet, "rounds": len(rounds),
        "others": statistics.median(entry["others"] for entry in rounds),
        "times": {key: statistics.median(value[clocks[key]] for value in values) for key, values in times.items()},
        "spread": {key: spread([value[clocks[key]] for value in values]) for key, values in times.items()},
        "processors": {key: statistics.median(busy / wall for wall, busy in values) for key, values in times.items()},
    }


def make_peers(options):
    etch, eigen = str(options.binaries / "etch_peer"), str(options.binaries / "eigen_peer")
    jax = (str(options.python), str(pathlib.Path(__file__).resolve().parent / "jax_peer.py")) if options.python else None
    peers = []
    for threads in sorted({1, PROCESSORS}):
        for mode in ("traced", "eager"):
            peers.append(Peer(f"etch {mode}", threads, (etch, mode), (("ETCH_THREADS", str(threads)),)))
        if jax:
            peers.append(Peer("JAX", threads, jax, (("JAX_PLATFORMS", "cpu"),)))
    peers.append(Peer("Eigen", 1, (eigen,)))
    return peers


def complaints(result):
    """What makes the run fail, and what only deserves a note: (is it an error, text)."""
    name = f"{result['program']} {result['size']}"
    if "skipped" in result:
        yield "failed" in result, f"{name} was left out: {result['skipped']}"
        return
    for key, text in result["failures"].items():
        yield True, f"{name}: {key}: {text}"
    for key, error in result["errors"].items():
        if not error <= result["tolerance"]:
            yield True, f"{name}: {key} is off by {error:.1e}, tolerance {result['tolerance']:.0e}"
    if not result["same_bits"]:
        yield True, f"{name}: etch's results differ between eager and traced or with the threads"
    for key, processors in result["processors"].items():
        if processors > 1.05 * int(key.split("/")[1]):
            yield False, f"{name}: {key} kept {processors:.2f} processors busy"
    if not result["quiet"]:
        yield False, (f"{name}: others used {result['others']:.0%} of a processor, too few rounds were quiet and all "
                      f"{result['rounds']} count; times on one thread are processor time")


def versions(options):
    commands = [[options.binaries / "etch_peer", "version"], [options.binaries / "eigen_peer", "version"]]
    if options.python:
        commands.append([options.python, pathlib.Path(__file__).resolve().parent / "jax_peer.py", "version"])
    lines = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() for command in commands]
    return lines + ([] if options.python else [f"JAX is missing: {options.without_jax}"])


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # Absolute, as workers run elsewhere; not resolved, as an interpreter knows its environment by the link's place.
    absolute = lambda text: pathlib.Path(text).absolute()
    parser.add_argument("--binaries", type=absolute, required=True, help="folder of the workers")
    parser.add_argument("--python", type=absolute, help="interpreter that has JAX")
    parser.add_argument("--without-jax", default="no interpreter was given", help="why there is no --python")
    parser.add_argument("--output", type=pathlib.Path, help="JSON file")
    parser.add_argument("--filter", default="", help="regular expression for '<program> <size>'")
    parser.add_argument("--rounds", type=int, default=9, help="quiet rounds for each row")
    parser.add_argument("--max-rounds", type=int, default=27, help="rounds for each row, quiet or not")
    parser.add_argument("--patience", type=float, default=60, help="seconds for each row to wait for a quiet machine")
    parser.add_argument("--seconds", type=float, default=0.1, help="of one measurement, at least one call")
    options = parser.parse_args()
    if not ENOUGH <= options.rounds <= options.max_rounds:
        parser.error(f"--rounds is at least {ENOUGH}, and no more than --max-rounds")
    return options


def main():
    options = parse_arguments()
    peers = make_peers(options)
    report = {"versions": versions(options), "processors": PROCESSORS, "rows": []}
    chosen = [row for row in ROWS if re.search(options.filter, f"{row.program} {row.size}")]
    if not chosen:
        sys.exit("no row matches --filter")
    for row in chosen:
        print(f"{row.program} {row.size}…", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(dir=options.binaries) as folder:
            report["rows"].append(run_row(row, peers, options, pathlib.Path(folder)))
        if options.output:
            options.output.write_text(json.dumps(report, indent=1))
    print(peers_table.text(report))
    notes = [note for result in report["rows"] for note in complaints(result)]
    for is_error, text in notes:
        print(f"{'error' if is_error else 'note'}: {text}")
    sys.exit(any(is_error for is_error, _ in notes))


if __name__ == "__main__":
    main()
