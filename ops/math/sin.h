// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/sin_cos.h"

// Method: the sine or the cosine (sin_cos.h) of what angle.h leaves of |x|.
// Maximal error measured (all f32, 21 million f64, among them the closest to multiples of pi/2): 0.79 ulp (f32),
// 0.78 ulp (f64).

namespace etch::text {

template <class X>
X sin(const X &x) {
  const X a = abs(x);
  const X magnitude =
      rarely(is_far_angle(a), [&] { return sine_in_circle(far_angle(a), 0); }, sine_in_circle(near_angle(a), 0));
  // By bits, as the sine of |x| may be negative.
  return ETCH_BY_DTYPE(x, with_sign_flipped(magnitude, shr_logical(to_bits(x), 31)),
                       with_sign_flipped(magnitude, shr_logical(to_bits(x), 63)));
}

} // namespace etch::text
