# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""exp2.h, expm1.h, log2.h, hyperbolic.h, asinh.h, acosh.h, atanh.h, softplus.h and pow.h; log1p.h uses the polynomial
of log.h."""

from mpmath import acosh, asinh, atanh, cosh, expm1, log, log1p, mpf, sinh, sqrt

from minimax import or_limit, rounded

LN2 = log(mpf(2))


def root(t):
    return sqrt(t) if t > 0 else mpf(0)


def odd_tail(function):
    """g with function(x) = x + x^3 g(x^2)."""
    return lambda t: (function(root(t)) / root(t) - 1) / t


def acosh_tail(d):
    return (acosh(1 + d) / sqrt(d * (d + 2)) - 1) / d


def pow_tail(z):
    """log2((1 + s) / (1 - s)) / s without the terms in z^0 and z^1, divided by z^2; z = s^2."""
    return 2 / LN2 * ((atanh(root(z)) / root(z) - 1) / z - mpf(1) / 3) / z


def odd_weight(function):
    return lambda t: t * root(t) / function(root(t)) if t else mpf(0)


FITS = []
for dtype, degree in (("f32", 5), ("f64", 10)):
    FITS.append(("exp2", "growth", dtype, or_limit(lambda r: expm1(r * LN2) / r, LN2),
                 lambda r: r * mpf(2) ** -r, mpf("-0.50001"), mpf("0.50001"), degree))

# Not the tail of exp.h: its error, small beside exp r, is not small beside expm1 r.
BOUND = LN2 / 2 * mpf("1.0001")
for dtype, degree in (("f32", 5), ("f64", 10)):
    FITS.append(("expm1", "tail", dtype, or_limit(lambda r: (expm1(r) - r) / r**2, mpf(1) / 2),
                 lambda r: r**2 / expm1(r) if r else mpf(0), -BOUND, BOUND, degree))

for dtype, degree in (("f32", 8), ("f64", 19)):
    FITS.append(("log2", "tail", dtype, or_limit(lambda f: (log1p(f) - f) / f**2 / LN2, -1 / (2 * LN2)),
                 lambda f: f**2 * LN2 / log1p(f) if f else mpf(0), sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, degree))

for dtype, even, odd in (("f32", 2, 2), ("f64", 4, 4)):
    FITS.append(("hyperbolic", "cosh", dtype, or_limit(lambda t: (cosh(root(t)) - 1) / t, mpf(1) / 2),
                 lambda t: t, 0, BOUND**2, even))
    FITS.append(("hyperbolic", "sinh", dtype, or_limit(odd_tail(sinh), mpf(1) / 6),
                 odd_weight(sinh), 0, BOUND**2, odd))

for dtype, degree in (("f32", 4), ("f64", 11)):
    FITS.append(("asinh", "near zero", dtype, or_limit(odd_tail(asinh), mpf(-1) / 6),
                 odd_weight(asinh), 0, mpf("0.53125") ** 2, degree))
for dtype, degree in (("f32", 4), ("f64", 9)):
    FITS.append(("acosh", "near one", dtype, or_limit(acosh_tail, mpf(-1) / 3), lambda d: d, 0, mpf("0.25"), degree))
for dtype, degree in (("f32", 5), ("f64", 12)):
    FITS.append(("atanh", "near zero", dtype, or_limit(odd_tail(atanh), mpf(1) / 3),
                 odd_weight(atanh), 0, mpf("0.5") ** 2, degree))
for dtype, degree in (("f32", 9), ("f64", 20)):
    FITS.append(("softplus", "log1p tail", dtype, or_limit(lambda e: (log1p(e) - e) / e**2, mpf(-1) / 2),
                 lambda e: e**2 / log1p(e) if e else mpf(0), 0, 1, degree))

LARGEST_Z = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf("1.0001")
for dtype, degree in (("f32", 3), ("f64", 7)):
    FITS.append(("pow", "log2 tail", dtype, or_limit(pow_tail, 2 / LN2 / 5), lambda z: z**2 * LN2 / 2, 0, LARGEST_Z,
                 degree))


def in_two_words(value, dtype):
    high = rounded(value, dtype)
    return [high, rounded(value - high, dtype)]


CONSTANTS = []
for dtype in ("f32", "f64"):
    CONSTANTS.append(("log2", "1/ln2", dtype, in_two_words(1 / LN2, dtype)))
    CONSTANTS.append(("pow", "2/ln2", dtype, in_two_words(2 / LN2, dtype)))
    CONSTANTS.append(("pow", "2/(3 ln2)", dtype, in_two_words(2 / (3 * LN2), dtype)))
    CONSTANTS.append(("pow", "ln2", dtype, [rounded(LN2, dtype)]))
