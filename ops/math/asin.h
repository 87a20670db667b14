// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"
#include "ops/math/polynomial.h"
#include "ops/math/unrounded.h"

// Method: a = |x| <= 1/2: a + a^3 tail(a^2); else pi/2 - 2 asin s with s = sqrt((1 - a) / 2). What the root's rounding
// and the subtraction lose is computed and undone.
// Tails from tools/coefficients: relative error 2^-27.6 (f32), 2^-55.9 (f64).
// Maximal error measured (all f32, 21 million f64): 0.73 ulp (f32), 0.79 ulp (f64).

namespace etch::text {

/// The arc sine of s: a small argument itself, or the root that stands for a large one.
template <class X>
struct HalvedArcsine {
  X s;
  X tail;      // what the arc sine of s adds to it
  X root_lack; // 2 (sqrt - s) where s is a root
};

template <class X, class Mask>
HalvedArcsine<X> halved_arcsine(const X &a, const Mask &is_small) {
  // Exact where a is large.
  const X square = select(is_small, a * a, fma(a, -0.5, 0.5));
  const X s = select(is_small, a, sqrt(square));
  const X tail = ETCH_BY_DTYPE(
      a, horner(square, 0x1.5959aap-5, 0x1.8c415ap-6, 0x1.747b72p-5, 0x1.330206p-4, 0x1.5555c8p-3),
      horner(square, 0x1.056b185bd4324p-5, -0x1.09cc524e1a3cdp-6, 0x1.3ff04ae1dba99p-6, 0x1.abd5be84d48edp-8,
             0x1.8ec2410dc1bc1p-7, 0x1.c6fdddcbd0fd1p-7, 0x1.1c6be0448ba1bp-6, 0x1.6e89f45661f1ap-6,
             0x1.f1c72c3822633p-6, 0x1.6db6db427c82ep-5, 0x1.333333336e7ebp-4, 0x1.555555555539p-3));
  // Halving the exponent by a shift gives 1 / sqrt within 4 %, enough for a correction.
  const X reciprocal = ETCH_BY_DTYPE(a, from_bits(0x5f3759df - (to_bits(square) >> 1)),
                                     from_bits(0x5fe6eb50c7b537a9 - (to_bits(square) >> 1)));
  return {s, s * square * tail, fma(-s, s, square) * reciprocal};
}

template <class X>
X asin(const X &x) {
  const X a = abs(x);
  const auto is_small = a <= 0.5;
  const HalvedArcsine<X> half = halved_arcsine(a, is_small);
  const X twice = half.s + half.s;
  const X twice_low = fma(half.tail, 2.0, half.root_lack);
  const X high = ETCH_BY_DTYPE(x, 0x1.921fb6p+0 - twice, 0x1.921fb54442d18p+0 - twice);
  const X lost = ETCH_BY_DTYPE(x, (0x1.921fb6p+0 - high) - twice, (0x1.921fb54442d18p+0 - high) - twice);
  const X low = ETCH_BY_DTYPE(x, (lost + -0x1.777a5cp-25) - twice_low, (lost + 0x1.1a62633145c07p-54) - twice_low);
  return copysign(select(is_small, half.s + half.tail, high + low), x);
}

} // namespace etch::text
