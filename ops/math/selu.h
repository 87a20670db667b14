// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"
#include "ops/math/expm1.h"

// Method: the scale and scale * alpha are each a sum of two words, both positive, so that infinities stay infinite;
// the largest x whose result is finite needs the second one.
// Maximal error measured: docs/accuracy.md.

namespace etch::text {

template <class X>
X selu(const X &x) {
  const X e = expm1(x);
  const X positive = ETCH_BY_DTYPE(x, fma(x, 0x1.0cfabcp+0, x * 0x1.6a9114p-24),
                                   fma(x, 0x1.0cfabd6a91132p+0, x * 0x1.6fc7d272f2696p-55));
  const X negative = ETCH_BY_DTYPE(x, fma(e, 0x1.c212ccp+0, e * 0x1.903c0cp-26),
                                   fma(e, 0x1.c212cc640f031p+0, e * 0x1.05161b045a1f1p-56));
  return select(x > 0.0, positive, negative);
}

} // namespace etch::text
