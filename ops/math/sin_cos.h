// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/angle.h"
#include "ops/math/polynomial.h"
#include "ops/math/unrounded.h"

// Method, for an angle r + low within half a quarter turn and t = r^2: sine = r + (r^3 tail(t) + low (1 - t/2)),
// cosine = 1 - t/2 + (t^2 tail(t) - r low), with the rounding error of 1 - t/2 undone.
// Tails from tools/coefficients: relative error of the sine 2^-27.9 (f32), 2^-57.9 (f64), of the cosine 2^-33.0 (f32),
// 2^-63.9 (f64).

namespace etch::text {

template <class X>
struct SineAndCosine {
  Unrounded<X> sine;
  Unrounded<X> cosine;
};

template <class X, class Integer>
SineAndCosine<X> sine_and_cosine(const Angle<X, Integer> &angle) {
  const X r = angle.high, t = r * r;
  const X sine_tail = ETCH_BY_DTYPE(r, horner(t, -0x1.9954e2p-13, 0x1.11077ap-7, -0x1.555546p-3),
                                    horner(t, 0x1.5d8e3056f254ap-33, -0x1.ae5e545db72e7p-26, 0x1.71de355ee71c9p-19,
                                           -0x1.a01a019bf1fd8p-13, 0x1.111111110f75cp-7, -0x1.5555555555548p-3));
  const X cosine_tail = ETCH_BY_DTYPE(r, horner(t, 0x1.99e91p-16, -0x1.6c0c2ap-10, 0x1.55554ap-5),
                                      horner(t, -0x1.8fa6aaa3479c6p-37, 0x1.1ee9dc1b61f51p-29, -0x1.27e4f7f201022p-22,
                                             0x1.a01a019c8fb1fp-16, -0x1.6c16c16c15019p-10, 0x1.555555555554bp-5));
  const X slope = fma(t, -0.5, 1.0);
  const X lost = fma(t, -0.5, 1.0 - slope);
  return {{r, fma(r * t, sine_tail, angle.low * slope)}, {slope, fma(t * t, cosine_tail, fma(-r, angle.low, lost))}};
}

/// x with its sign changed where the last bit of `flips` is 1.
template <class X, class Integer>
X with_sign_flipped(const X &x, const Integer &flips) {
  return ETCH_BY_DTYPE(x, from_bits(to_bits(x) ^ (flips << 31)), from_bits(to_bits(x) ^ (flips << 63)));
}

/// The sine of the angle, `quarters` quarter turns further on.
template <class X, class Integer>
X sine_in_circle(const Angle<X, Integer> &angle, int quarters) {
  const Integer quadrant = angle.quadrant + quarters;
  const SineAndCosine<X> parts = sine_and_cosine(angle);
  const X value = select((quadrant & 1) != 0, parts.cosine.high + parts.cosine.low, parts.sine.high + parts.sine.low);
  return with_sign_flipped(value, shr_logical(quadrant, 1));
}

} // namespace etch::text
