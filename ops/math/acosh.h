// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/log.h"

#include <limits>

// Method: with d = x - 1 and s = sqrt(x^2 - 1) = sqrt(d^2 + 2 d): d < 1/4: s (1 + d tail(d)); else log(y), y = x + s.
// The rounding errors of the square, the root and the sum are gathered into one correction. For huge x, y = 2 x.
// Tail from tools/coefficients: relative error 2^-30.9 (f32), 2^-56.8 (f64).
// Maximal error measured (all f32, 40 million f64): 0.65 ulp (f32), 0.70 ulp (f64).

namespace etch::text {

template <class X>
X acosh(const X &x) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto is_huge = ETCH_BY_DTYPE(x, x > 0x1p+30, x > 0x1p+60);
  // The correction of some other number is harmless where it replaces a huge one: it is too small to count there.
  const X base = select(is_huge, 2.0, x);
  const X d = base - 1.0;
  const X twice = d + d;
  const X square = fma(d, d, twice);
  const X square_error = fma(d, d, twice - square);
  const X s = sqrt(square);
  const X root_residual = fma(-s, s, square) + square_error;
  const X tail =
      ETCH_BY_DTYPE(x, horner(d, -0x1.125606p-7, 0x1.93063ap-6, -0x1.d35858p-5, 0x1.110e88p-3, -0x1.55555p-2),
                    horner(d, 0x1.286f7234b6569p-13, -0x1.0130ce5083991p-11, 0x1.2d84a2e106fe1p-10,
                           -0x1.45619717b8c4dp-9, 0x1.5d24978160cacp-8, -0x1.7a45d5e3fbae4p-7, 0x1.a019ff4eccd2p-6,
                           -0x1.d41d41cb533b9p-5, 0x1.1111111108cc8p-3, -0x1.55555555554ffp-2));
  const X sum = base + s;
  const X sum_error = s - (sum - base);
  // Near one the correction is of s, elsewhere of log y. The constant only keeps 0 / 0 from x = 1.
  const auto is_near = d < 0.25;
  const X divisor = select(is_near, 1.0, sum);
  const X residual = select(is_near, root_residual, fma(sum_error, s + s, root_residual));
  const X correction = residual / fma(s + s, divisor, 0x1p-100);
  const X near_one = s + fma(s * d, tail, correction);
  const auto parts = log_parts<X>(select(is_huge, x, sum));
  const X exponent = to_float(parts.exponent);
  const LogSum<X> logarithm = log_sum<X>(select(is_huge, exponent + 1.0, exponent), parts.f);
  const X away = logarithm.high + (logarithm.low + correction);
  const X value = select(is_near, near_one, select(x < infinity, away, x));
  return select(x < 1.0, nan, value);
}

} // namespace etch::text
