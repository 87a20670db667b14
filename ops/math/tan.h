// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/sin_cos.h"

// Method: the quotient of sine and cosine (sin_cos.h), or of -cosine and sine, of what angle.h leaves of |x|. Both are
// kept as sums of two, and the quotient's error is computed and undone.
// Maximal error measured (all f32, 21 million f64, among them the closest to multiples of pi/2): 0.93 ulp (f32),
// 0.87 ulp (f64).

namespace etch::text {

template <class X, class Integer>
X tangent_in_circle(const Angle<X, Integer> &angle) {
  const X r = angle.high, t = r * r;
  const SineAndCosine<X> parts = sine_and_cosine(angle);
  const Unrounded<X> sine = renormalised(parts.sine.high, parts.sine.low);
  // The cosine's t is rounded.
  const X cosine_low = fma(fma(r, r, -t), -0.5, parts.cosine.low);
  const Unrounded<X> cosine = renormalised(parts.cosine.high, cosine_low);
  const auto swapped = (angle.quadrant & 1) != 0;
  const X over = select(swapped, cosine.high, sine.high), over_low = select(swapped, cosine.low, sine.low);
  const X under = select(swapped, sine.high, cosine.high), under_low = select(swapped, sine.low, cosine.low);
  const X reciprocal = 1.0 / under;
  const X quotient = over * reciprocal;
  const X residual = fma(-quotient, under_low, fma(-quotient, under, over) + over_low);
  return with_sign_flipped(fma(residual, reciprocal, quotient), angle.quadrant);
}

template <class X>
X tan(const X &x) {
  const X a = abs(x);
  const X magnitude =
      rarely(is_far_angle(a), [&] { return tangent_in_circle(far_angle(a)); }, tangent_in_circle(near_angle(a)));
  return ETCH_BY_DTYPE(x, with_sign_flipped(magnitude, shr_logical(to_bits(x), 31)),
                       with_sign_flipped(magnitude, shr_logical(to_bits(x), 63)));
}

} // namespace etch::text
