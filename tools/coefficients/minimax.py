# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Near-minimax polynomials whose coefficients are numbers of the target format."""

from mpmath import cos, fabs, fdot, frexp, ldexp, lu_solve, matrix, mpf, nint, pi

PRECISION = {"f32": 24, "f64": 53}
LAWSON_ROUNDS = 12


def or_limit(function, limit):
    """The function, with its limit where the formula divides by zero."""
    return lambda x: limit if x == 0 else function(x)


def rounded(value, dtype):
    """The nearest number of the format; no coefficient here is near the range's ends."""
    if value == 0:
        return mpf(0)
    mantissa, exponent = frexp(value)
    bits = PRECISION[dtype]
    return ldexp(nint(ldexp(mantissa, bits)), exponent - bits)


def chebyshev_nodes(low, high, count):
    middle, half = (high + low) / 2, (high - low) / 2
    return [middle - half * cos(pi * (2 * k + 1) / (2 * count)) for k in range(count)]


class LeastSquares:
    """Normal equations of sum_i (emphasis_i w_i)^2 (target_i - sum_j c_j x_i^j)^2; the working precision pays for
    their condition. Leading coefficients may be held fixed while the others are solved for."""

    def __init__(self, rows, targets, scales):
        weighted = [[s * v for v in row] for row, s in zip(rows, scales)]
        columns = list(zip(*weighted))
        right = [s * t for t, s in zip(targets, scales)]
        self.size = len(columns)
        self.gram = [[fdot(zip(a, b)) for b in columns] for a in columns]
        self.right = [fdot(zip(a, right)) for a in columns]

    def solve(self, fixed):
        first = len(fixed)
        left = matrix(self.size - first, self.size - first)
        right = matrix(self.size - first, 1)
        for i in range(first, self.size):
            right[i - first] = self.right[i] - fdot(zip(self.gram[i][:first], fixed))
            for j in range(first, self.size):
                left[i - first, j - first] = self.gram[i][j]
        return list(lu_solve(left, right))


def fit(function, weight, low, high, degree, dtype):
    """Coefficients of degree 0..degree, lowest first, and the maximal weighted error they leave.

    Lawson's iteration shifts emphasis to where the error is largest. Then the coefficients are rounded from the
    lowest degree up, the others being solved for again each time: the rounding error of one that matters is
    taken up by those that matter less.
    """
    points = chebyshev_nodes(mpf(low), mpf(high), 16 * (degree + 2))
    targets = [function(x) for x in points]
    weights = [fabs(weight(x)) for x in points]
    rows = [[x**j for j in range(degree + 1)] for x in points]

    def errors(coefficients):
        return [w * fabs(t - fdot(zip(row, coefficients))) for row, t, w in zip(rows, targets, weights)]

    emphasis = [mpf(1)] * len(points)
    for _ in range(LAWSON_ROUNDS):
        problem = LeastSquares(rows, targets, [w * e**0.5 for w, e in zip(weights, emphasis)])
        found = errors(problem.solve([]))
        emphasis = [e * f for e, f in zip(emphasis, found)]
        largest = max(emphasis)
        emphasis = [e / largest for e in emphasis]
    fixed = []
    while len(fixed) <= degree:
        fixed.append(rounded(problem.solve(fixed)[0], dtype))
    return fixed, max(errors(fixed))
