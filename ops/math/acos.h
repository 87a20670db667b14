// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/asin.h"

// Method: pi/2 - asin x for |x| <= 1/2, else 2 asin sqrt((1 - |x|) / 2), subtracted from pi for negative x, with the
// polynomial of asin.h. What the root's rounding and the subtraction lose is computed and undone.
// Maximal error measured (all f32, 21 million f64): 0.69 ulp (f32), 0.73 ulp (f64).

namespace etch::text {

template <class X>
X acos(const X &x) {
  const X a = abs(x);
  const auto is_small = a <= 0.5;
  const HalvedArcsine<X> half = halved_arcsine(a, is_small);
  const X minus_x = -x;
  // The result is base - (taken + taken_low).
  const X taken = select(is_small, x, copysign(half.s + half.s, minus_x));
  const X taken_low = select(is_small, copysign(half.tail, x), copysign(fma(half.tail, 2.0, half.root_lack), minus_x));
  const X large_base =
      ETCH_BY_DTYPE(x, select(x < 0.0, 0x1.921fb6p+1, x - x), select(x < 0.0, 0x1.921fb54442d18p+1, x - x));
  const X base =
      ETCH_BY_DTYPE(x, select(is_small, 0x1.921fb6p+0, large_base), select(is_small, 0x1.921fb54442d18p+0, large_base));
  const X high = base - taken;
  const X lost = (base - high) - taken;
  // The base times 1 + this is pi/2 or pi.
  const X low = ETCH_BY_DTYPE(x, fma(base, -0x1.de12cap-26, lost - taken_low),
                              fma(base, 0x1.678afae35cdd1p-55, lost - taken_low));
  return high + low;
}

} // namespace etch::text
