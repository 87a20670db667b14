# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derives every polynomial in ops/math. `--check DIR` fails unless the headers in DIR hold these very numbers.

Each module in fits/ lists, for the headers it serves:
  FITS       (header, name, dtype, function, weight of its error, low, high, degree)
  CONSTANTS  (header, name, dtype, numbers): roundings, not fits (optional)
"""

import argparse
import importlib
import pathlib
import re
import sys

from mpmath import mp

from minimax import fit

mp.dps = 60
FOLDER = pathlib.Path(__file__).parent


def modules():
    for path in sorted((FOLDER / "fits").glob("*.py")):
        yield importlib.import_module(f"fits.{path.stem}")


def tables(only):
    for module in modules():
        for header, name, dtype, numbers in getattr(module, "CONSTANTS", []):
            if only in (None, header):
                yield header, name, dtype, numbers, 0
        for header, name, dtype, function, weight, low, high, degree in module.FITS:
            if only in (None, header):
                yield (header, name, dtype, *fit(function, weight, low, high, degree, dtype))


def spelled(value):
    # C++ spells 0x1.8p+1 without trailing zeros; Python keeps 13 digits.
    return re.sub(r"\.?0*p", "p", float(value).hex())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("header", nargs="?", help="a header of ops/math without .h")
    parser.add_argument("--check", type=pathlib.Path, help="folder of the headers")
    arguments = parser.parse_args()
    missing = 0
    for header, name, dtype, numbers, error in tables(arguments.header):
        bits = f"2^{float(mp.log(error, 2)):.1f}" if error else "rounded"
        print(f"{header}.h {dtype} {name}: {bits}, highest degree first")
        words = [spelled(number) for number in reversed(numbers)]
        print("  " + ", ".join(words))
        if arguments.check:
            text = (arguments.check / f"{header}.h").read_text()
            for word in words:
                if word not in text and word.lstrip("-") not in text:
                    print(f"  missing in {header}.h: {word}")
                    missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
