// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/sigmoid.h"

// Method: x sigmoid(x), the power of two of the sigmoid applied after the product: for negative x the sigmoid is
// denormal before the product is.

namespace etch::text {

template <class X>
X silu(const X &x) {
  // Below the bound the result is -0, above it x; NaN passes the comparisons.
  const X bounded = ETCH_BY_DTYPE(x, select(x < -110.0, -110.0, x), select(x < -753.0, -753.0, x));
  const X magnitude = abs(bounded);
  const X a =
      ETCH_BY_DTYPE(x, select(magnitude > 110.0, 110.0, magnitude), select(magnitude > 753.0, 753.0, magnitude));
  const auto tail = scaled_sigmoid<X>(a);
  const X left = ldexp(bounded * tail.fraction, tail.exponent);
  // x - x sigmoid(-x); inf * 0 would be NaN.
  const X finite = fma(-bounded, ldexp(tail.fraction, tail.exponent), bounded);
  const X right = select(bounded > 100.0, bounded, finite);
  return select(bounded > 0.0, right, left);
}

} // namespace etch::text
