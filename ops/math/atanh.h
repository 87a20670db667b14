// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/log.h"

#include <limits>

// Method: |x| < 1/2: x + x^3 tail(x^2); else log(q) / 2, q = (1 + |x|) / (1 - |x|). What rounding takes from 1 + |x|
// and from the quotient corrects the logarithm; 1 - |x| is exact.
// Tail from tools/coefficients: relative error 2^-29.4 (f32), 2^-57.1 (f64).
// Maximal error measured (all f32, 40 million f64): 0.66 ulp (f32), 0.69 ulp (f64).

namespace etch::text {

template <class X>
X atanh(const X &x) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const X a = abs(x);
  const X t = a * a;
  const X tail =
      ETCH_BY_DTYPE(t, horner(t, 0x1.6924bp-3, 0x1.a6f85p-5, 0x1.e3f854p-4, 0x1.234e02p-3, 0x1.99a672p-3, 0x1.55554p-2),
                    horner(t, 0x1.cc5bd1fed0dd1p-3, -0x1.392864b5cff23p-3, 0x1.28d5e05a6c39dp-3, 0x1.dd172677e9e93p-7,
                           0x1.ea1747ce93b9ap-5, 0x1.d9093b9ce77d4p-5, 0x1.11875d9b82ac3p-4, 0x1.3b0b29ee46655p-4,
                           0x1.745d8117cf4ccp-4, 0x1.c71c6e7e3cee1p-4, 0x1.2492492c40347p-3, 0x1.99999999878aep-3,
                           0x1.55555555555ccp-2));
  const X near_zero = fma(a * t, tail, a);
  const X above = 1.0 + a;
  const X above_error = a - (above - 1.0);
  const X below = 1.0 - a;
  const X q = above / below;
  const X residual = fma(-q, below, above) + above_error;
  // To be divided by 1 + |x| in [3/2, 2): the chord of the reciprocal does for so small a number.
  const X correction = residual * fma(above, -1.0 / 3.0, 7.0 / 6.0);
  const auto parts = log_parts(q);
  const LogSum<X> logarithm = log_sum<X>(to_float(parts.exponent), parts.f);
  const X away = 0.5 * (logarithm.high + (logarithm.low + correction));
  const X value = select(a < 0.5, near_zero, away);
  return select(a < 1.0, copysign(value, x), select(a == 1.0, x * infinity, x + nan));
}

} // namespace etch::text
