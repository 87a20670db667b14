# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""exp.h and log.h."""

from mpmath import exp, expm1, log, log1p, mpf, nint, sqrt

from minimax import PRECISION, or_limit, rounded

LN2 = log(mpf(2))


def exp_tail(r):
    return (expm1(r) - r) / r**2


def log_tail(f):
    return (log1p(f) - f) / f**2


FITS = []
for dtype, degree in (("f32", 4), ("f64", 9)):
    bound = LN2 / 2 * mpf("1.0001")
    FITS.append(("exp", "tail", dtype, or_limit(exp_tail, mpf(1) / 2),
                 lambda r: r**2 * exp(-r), -bound, bound, degree))
for dtype, degree in (("f32", 8), ("f64", 19)):
    FITS.append(("log", "tail", dtype, or_limit(log_tail, mpf(-1) / 2),
                 lambda f: f**2 / log1p(f) if f else mpf(0), sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, degree))

CONSTANTS = []
for dtype, spare in (("f32", 8), ("f64", 11)):
    CONSTANTS.append(("exp", "1/ln2", dtype, [rounded(1 / LN2, dtype)]))
    # The high part is short enough that its product with any exponent is exact.
    unit = mpf(2) ** (spare - PRECISION[dtype])
    high = nint(LN2 / unit) * unit
    for header in ("exp", "log"):
        CONSTANTS.append((header, "ln2 parts", dtype, [high, rounded(LN2 - high, dtype)]))
