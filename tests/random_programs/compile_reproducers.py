#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""compile_reproducers.py <etch_random_programs_test> <compiler> <include folder>...

Whether what the random programs print is C++: a reproducer that does not compile helps nobody. The programs of some
seeds are checked at once, as the headers take most of the time.
"""
import subprocess
import sys

SEEDS = 60


def main(binary, compiler, *folders):
    printed = subprocess.run([binary, "--print", f"--programs={SEEDS}"], stdout=subprocess.PIPE, text=True, check=True).stdout
    includes, bodies = {}, []
    for line in printed.splitlines():
        if line.startswith("// seed "):
            bodies.append([])
        if line.startswith(("#include", "using namespace")):
            includes[line] = None
        else:
            bodies[-1].append(line)
    # "using" comes after all of what is included.
    source = sorted(includes, key=lambda line: line.startswith("using"))
    for number, body in enumerate(bodies):
        source += [f"namespace program_{number} {{", *body, "}"]
    command = [compiler, "-std=c++20", "-fsyntax-only", "-w", "-x", "c++", "-", *(f"-I{folder}" for folder in folders)]
    result = subprocess.run(command, input="\n".join(source) + "\n", stderr=subprocess.PIPE, text=True)
    inner = sum("inner_op(" in "\n".join(body) for body in bodies)
    print(f"{len(bodies)} programs, {inner} of them with ops that have no public function, exit status {result.returncode}")
    print("\n".join(line for line in result.stderr.splitlines() if "error:" in line))
    return result.returncode or len(bodies) != SEEDS


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
