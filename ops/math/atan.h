// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"
#include "ops/math/polynomial.h"

// Method: a quotient q <= 1 has the arc tangent q + q^3 tail(q^2), beyond 1/2 that of (q - 1) / (q + 1) added to pi/4;
// |x| > 1 has pi/2 less that of 1 / |x|. What sums and quotients lose is computed and undone.
// Tails from tools/coefficients: relative error 2^-31.7 (f32), 2^-57.8 (f64).
// Maximal error measured (all f32, 21 million f64): 0.69 ulp (f32), 0.72 ulp (f64).

namespace etch::text {

/// An arc tangent as start + (high + low): start is 0 or the rounded pi/4, high at most 1/2.
template <class X>
struct Arctangent {
  X start;
  X high;
  X low;
};

/// The arc tangent of over / under. Requires 0 <= over <= under, and under and its reciprocal to be far from the ends
/// of the range.
template <class X>
Arctangent<X> arctangent_of_quotient(const X &over, const X &under) {
  // 1 where the quotient is beyond 1/2, else 0: products with it are cheaper than selections.
  const X turn = select(over + over > under, 1.0, over - over);
  // Exact, as the two are within a factor of two where it counts.
  const X numerator = fma(-turn, under, over);
  const X denominator = fma(turn, over, under);
  const X denominator_low = fma(turn, over, under - denominator);
  const X reciprocal = 1.0 / denominator;
  const X q = numerator * reciprocal;
  const X lack = fma(-q, denominator_low, fma(-q, denominator, numerator)) * reciprocal;
  const X t = q * q;
  const X tail = ETCH_BY_DTYPE(
      q, horner(t, 0x1.3ffe08p-5, -0x1.481bbep-4, 0x1.c07622p-4, -0x1.245064p-3, 0x1.999746p-3, -0x1.555552p-2),
      horner(t, 0x1.4b81d3d787f92p-7, -0x1.c17e38873faep-6, 0x1.56f5460557c22p-5, -0x1.a398384ebae25p-5,
             0x1.dfe96d88dafafp-5, -0x1.10f31e590032bp-4, 0x1.3b113dadf50afp-4, -0x1.745cf4ca0120fp-4,
             0x1.c71c7090dd057p-4, -0x1.249249215dc4ap-3, 0x1.999999999113ep-3, -0x1.5555555555516p-2));
  return {ETCH_BY_DTYPE(q, turn * 0x1.921fb6p-1, turn * 0x1.921fb54442d18p-1), q, fma(q * t, tail, lack)};
}

/// The angle that the axis and this one, taken forwards (side = 1) or backwards (-1), make. The axis is rounded.
template <class X>
X angle_from_axis(const X &axis, const X &side, const Arctangent<X> &angle) {
  const X base = fma(side, angle.start, axis);
  const X base_lost = fma(side, angle.start, axis - base);
  const X high = fma(side, angle.high, base);
  const X lost = fma(side, angle.high, base - high) + base_lost;
  const X low = fma(side, angle.low, lost);
  // The base times 1 + this is a multiple of pi/4.
  return high + ETCH_BY_DTYPE(axis, fma(base, -0x1.de12cap-26, low), fma(base, 0x1.678afae35cdd1p-55, low));
}

template <class X>
X atan(const X &x) {
  const X magnitude = abs(x);
  // Beyond the bound the result is pi/2; NaN passes the comparison.
  const X a = select(magnitude > 0x1p+60, 0x1p+60, magnitude);
  const auto is_steep = a > 1.0;
  const Arctangent<X> angle = arctangent_of_quotient(select(is_steep, 1.0, a), select(is_steep, a, 1.0));
  const X side = copysign(1.0, 1.0 - a);
  // 0 or pi/2.
  const X axis = ETCH_BY_DTYPE(x, fma(side, -0x1.921fb6p-1, 0x1.921fb6p-1),
                               fma(side, -0x1.921fb54442d18p-1, 0x1.921fb54442d18p-1));
  return copysign(angle_from_axis(axis, side, angle), x);
}

} // namespace etch::text
