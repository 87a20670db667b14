# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tanh.h, erf.h and erfc.h."""

from mpmath import erf, erfc, exp, log, mpf, pi, sqrt, tanh

from minimax import or_limit

# Near the shift that needs the lowest degree, where the polynomial's value at 0 is almost a number of the format.
ERFC_SHIFT = {"f32": mpf("1.5"), "f64": mpf("1.671875")}


def erfc_scaled(shift):
    def value(q):
        a = shift * (1 + q) / (1 - q)
        return (a + shift) * exp(a * a) * erfc(a)

    return value


def root(t):
    return sqrt(t) if t > 0 else mpf(0)


TANH_TAIL = or_limit(lambda t: (tanh(root(t)) / root(t) - 1) / t, mpf(-1) / 3)
ERF_TAIL = or_limit(lambda t: erf(root(t)) / root(t) - 1, 2 / sqrt(pi) - 1)

FITS = []
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
