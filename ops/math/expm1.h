// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/exp.h"
#include "ops/math/polynomial.h"

// Method: as for exp, x = n ln 2 + r; with s = 2^(n - 1), expm1(x) / 2 = (s - 1/2) + s (r + r^2 tail(r)). The rounding
// errors of s - 1/2, of r and of the leading sum are kept, so that the result is rounded nearly once. Half the result
// does not overflow before it.
// Tail from tools/coefficients: relative error 2^-31.0 (f32), 2^-61.5 (f64).
// Maximal error measured (all f32, 40 million f64): 0.87 ulp (f32), 0.89 ulp (f64).

namespace etch::text {

template <class X>
X expm1(const X &x) {
  // Beyond these bounds the result is -1 or infinity; NaN passes both comparisons.
  const X floored = ETCH_BY_DTYPE(x, select(x < -18.0, -18.0, x), select(x < -39.0, -39.0, x));
  const X bounded = ETCH_BY_DTYPE(x, select(floored > 89.0, 89.0, floored), select(floored > 710.0, 710.0, floored));
  const auto e = reduced_exp(bounded);
  const X r = e.reduced;
  const X s = ETCH_BY_DTYPE(x, from_bits((e.exponent + 126) << 23), from_bits((e.exponent + 1022) << 52));
  const X constant = s - 0.5;
  const X constant_error = (s - constant) - 0.5;
  const X tail =
      ETCH_BY_DTYPE(x, horner(r, 0x1.9e153ap-13, 0x1.6d436ap-10, 0x1.111302p-7, 0x1.5554fp-5, 0x1.555554p-3, 0x1p-1),
                    horner(r, 0x1.1f1a0bd440abep-29, 0x1.af5f1ac3ccd5ep-26, 0x1.27e5134c2c679p-22,
                           0x1.71ddf81778d04p-19, 0x1.a01a018e0a31fp-16, 0x1.a01a01b00132bp-13, 0x1.6c16c16c1ab04p-10,
                           0x1.111111110f658p-7, 0x1.555555555554dp-5, 0x1.5555555555559p-3, 0x1p-1));
  const X scaled = s * r;
  const X sum = constant + scaled;
  const X lost = (constant - sum) + scaled;
  // The error of r grows with the slope, s exp r.
  const X low = fma(s + scaled, reduction_error(e), lost + constant_error);
  const X half = sum + fma(r * scaled, tail, low);
  // Where x^2 / 2 vanishes beside x the result is x, whose half may not be a number.
  const auto is_tiny = ETCH_BY_DTYPE(x, abs(x) < 0x1p-26, abs(x) < 0x1p-55);
  return select(is_tiny, x, half + half);
}

} // namespace etch::text
