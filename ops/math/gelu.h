// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/erfc.h"

// Method: gelu x = x/2 erfc(-x / sqrt 2). The quotient is kept in two words, because erfc magnifies its rounding by x^2
// in the tail, and the power of two of erfc is applied after the product.

namespace etch::text {

template <class X>
X gelu(const X &x) {
  // Below these bounds the result is -0; NaN passes the comparison.
  const X bounded = ETCH_BY_DTYPE(x, select(x < -14.5, -14.5, x), select(x < -38.7, -38.7, x));
  const X quotient = ETCH_BY_DTYPE(x, bounded * 0x1.6a09e6p-1, bounded * 0x1.6a09e667f3bcdp-1);
  const X lost =
      ETCH_BY_DTYPE(x, fma(bounded, 0x1.6a09e6p-1, -quotient), fma(bounded, 0x1.6a09e667f3bcdp-1, -quotient));
  const X low = ETCH_BY_DTYPE(x, fma(bounded, 0x1.9fcef4p-27, lost), fma(bounded, -0x1.bdd3413b26456p-55, lost));
  const X magnitude = abs(quotient);
  const auto is_far = ETCH_BY_DTYPE(x, magnitude > 10.3, magnitude > 27.4);
  const X a = ETCH_BY_DTYPE(x, select(is_far, 10.3, magnitude), select(is_far, 27.4, magnitude));
  const X signed_low = select(quotient < 0.0, -low, low);
  const auto tail = scaled_erfc<X>(a, select(is_far, a - a, signed_low));
  const X half = 0.5 * bounded;
  const X positive = fma(-half, ldexp(tail.fraction, tail.exponent), bounded);
  // inf * 0 would be NaN.
  const X right = select(bounded > 40.0, bounded, positive);
  return select(bounded > 0.0, right, ldexp(half * tail.fraction, tail.exponent));
}

} // namespace etch::text
