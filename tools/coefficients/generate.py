# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derives every polynomial in ops/math. `--check DIR` fails unless the headers in DIR hold these very numbers."""

import argparse
import pathlib
import re
import sys

from mpmath import erf, erfc, exp, expm1, log, log1p, mp, mpf, nint, pi, sqrt, tanh

from minimax import PRECISION, fit, rounded

mp.dps = 60
LN2 = log(mpf(2))
# Near the shift that needs the lowest degree, where the polynomial's value at 0 is almost a number of the format.
ERFC_SHIFT = {"f32": mpf("1.5"), "f64": mpf("1.671875")}


def or_limit(function, limit):
    """The function, with its limit where the formula divides by zero."""
    return lambda x: limit if x == 0 else function(x)


def exp_tail(r):
    return (expm1(r) - r) / r**2


def log_tail(f):
    return (log1p(f) - f) / f**2


def erfc_scaled(shift):
    def value(q):
        a = shift * (1 + q) / (1 - q)
        return (a + shift) * exp(a * a) * erfc(a)

    return value


def root(t):
    return sqrt(t) if t > 0 else mpf(0)


TANH_TAIL = or_limit(lambda t: (tanh(root(t)) / root(t) - 1) / t, mpf(-1) / 3)
ERF_TAIL = or_limit(lambda t: erf(root(t)) / root(t) - 1, 2 / sqrt(pi) - 1)

# header, name, dtype, function, weight of its error, low, high, degree
FITS = []
for dtype, degree in (("f32", 4), ("f64", 9)):
    bound = LN2 / 2 * mpf("1.0001")
    FITS.append(("exp", "tail", dtype, or_limit(exp_tail, mpf(1) / 2),
                 lambda r: r**2 * exp(-r), -bound, bound, degree))
for dtype, degree in (("f32", 8), ("f64", 19)):
    FITS.append(("log", "tail", dtype, or_limit(log_tail, mpf(-1) / 2),
                 lambda f: f**2 / log1p(f) if f else mpf(0), sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, degree))
for dtype, degree in (("f32", 5), ("f64", 12)):
    FITS.append(("tanh", "near zero", dtype, TANH_TAIL,
                 lambda t: t * root(t) / tanh(root(t)) if t else mpf(0), 0, mpf("0.8125") ** 2, degree))
for dtype, degree in (("f32", 6), ("f64", 12)):
    FITS.append(("erf", "near zero", dtype, ERF_TAIL,
                 lambda t: root(t) / erf(root(t)) if t else sqrt(pi) / 2, 0, 1, degree))
for dtype, degree, end in (("f32", 6, "4"), ("f64", 17, "6")):
    FITS.append(("erf", "minus log erfc", dtype, lambda a: -log(erfc(a)),
                 lambda a: erfc(a) / erf(a), 1, mpf(end), degree))
for dtype, degree, end in (("f32", 11, "10.125"), ("f64", 27, "27.25")):
    shift, scaled = ERFC_SHIFT[dtype], erfc_scaled(ERFC_SHIFT[dtype])
    FITS.append(("erfc", "scaled", dtype, scaled, lambda q, scaled=scaled: 1 / scaled(q),
                 -1, (mpf(end) - shift) / (mpf(end) + shift), degree))



def constants():
    """Numbers that are roundings, not fits."""
    for dtype, spare in (("f32", 8), ("f64", 11)):
        yield "exp", "1/ln2", dtype, [rounded(1 / LN2, dtype)], 0
        # The high part is short enough that its product with any exponent is exact.
        unit = mpf(2) ** (spare - PRECISION[dtype])
        high = nint(LN2 / unit) * unit
        for header in ("exp", "log"):
            yield header, "ln2 parts", dtype, [high, rounded(LN2 - high, dtype)], 0


def tables(only):
    for row in constants():
        if only in (None, row[0]):
            yield row
    for header, name, dtype, function, weight, low, high, degree in FITS:
        if only in (None, header):
            yield (header, name, dtype, *fit(function, weight, low, high, degree, dtype))


def spelled(value):
    # C++ spells 0x1.8p+1 without trailing zeros; Python keeps 13 digits.
    return re.sub(r"\.?0*p", "p", float(value).hex())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("header", nargs="?", help="one of exp log tanh erf erfc")
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
