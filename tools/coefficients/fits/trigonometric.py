# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""angle.h, sin_cos.h, tan.h, asin.h, acos.h, atan.h and atan2.h."""

from mpmath import asin, atan, cos, floor, ldexp, log, mpf, nint, pi, sin, sqrt

from minimax import PRECISION, or_limit, rounded

# Angles below 2^bits need no integer arithmetic.
ORDINARY_BITS = {"f32": 12, "f64": 22}


def root(t):
    return sqrt(t) if t > 0 else mpf(0)


def odd_tail(function, limit):
    """tail(t) where function(x) = x + x^3 tail(x^2), and the weight of its error in a relative one."""
    tail = or_limit(lambda t: (function(root(t)) / root(t) - 1) / t, limit)
    weight = or_limit(lambda t: t * root(t) / function(root(t)), mpf(0))
    return tail, weight


def shortened(value, bits):
    exponent = bits - 1 - int(floor(log(abs(value), 2)))
    return ldexp(nint(ldexp(value, exponent)), -exponent)


FITS = []
sine, sine_weight = odd_tail(sin, mpf(-1) / 6)
cosine = or_limit(lambda t: (cos(root(t)) - 1 + t / 2) / t**2, mpf(1) / 24)
for dtype, degree in (("f32", 2), ("f64", 5)):
    end = (pi / 4 * mpf("1.0001")) ** 2
    FITS.append(("sin_cos", "sine", dtype, sine, sine_weight, 0, end, degree))
    FITS.append(("sin_cos", "cosine", dtype, cosine, lambda t: t**2 / cos(root(t)), 0, end, degree))
arcsine, arcsine_weight = odd_tail(asin, mpf(1) / 6)
for dtype, degree in (("f32", 4), ("f64", 11)):
    FITS.append(("asin", "tail", dtype, arcsine, arcsine_weight, 0, mpf(1) / 4, degree))
arctangent, arctangent_weight = odd_tail(atan, mpf(-1) / 3)
for dtype, degree in (("f32", 5), ("f64", 11)):
    FITS.append(("atan", "tail", dtype, arctangent, arctangent_weight, 0, mpf(1) / 4, degree))

CONSTANTS = []
for dtype in ("f32", "f64"):
    first = rounded(pi / 2, dtype)
    # The second part is short enough that its product with any ordinary count of quarter turns is exact.
    second = shortened(pi / 2 - first, PRECISION[dtype] - ORDINARY_BITS[dtype])
    third = rounded(pi / 2 - first - second, dtype)
    CONSTANTS.append(("angle", "2/pi", dtype, [rounded(2 / pi, dtype)]))
    CONSTANTS.append(("angle", "parts of pi/2", dtype, [third, second, first]))
    CONSTANTS.append(("angle", "pi/2 but its first part", dtype, [rounded(pi / 2 - first, dtype)]))
    CONSTANTS.append(("asin", "pi/2 in two parts", dtype, [rounded(pi / 2 - first, dtype), first]))
    # Scaled by powers of two the growth from the rounded to the exact number is the same.
    growth = rounded((pi / 2 - first) / first, dtype)
    CONSTANTS.append(("acos", "pi/2 and its growth", dtype, [growth, first]))
    CONSTANTS.append(("acos", "pi", dtype, [2 * first]))
    CONSTANTS.append(("atan", "pi/4 and its growth", dtype, [growth, first / 2]))
    CONSTANTS.append(("atan2", "pi/2", dtype, [first]))
