// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"

// Method: r = 1 / sqrt(x) has two rounding errors; 1 - x r^2, computed with fma, is twice what they lack.
// Maximal error measured (all f32, 21 million f64): 0.51 ulp (f32), 0.51 ulp (f64).

namespace etch::text {

template <class X>
X rsqrt(const X &x) {
  const X r = 1.0 / sqrt(x);
  const X product = x * r;
  const X product_lost = fma(x, r, -product);
  const X excess = fma(-product_lost, r, fma(-product, r, 1.0));
  // NaN where r is infinite, 0 or NaN, and so the result.
  return select(is_nan(excess), r, fma(0.5 * r, excess, r));
}

} // namespace etch::text
