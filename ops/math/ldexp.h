// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"

namespace etch::text {

/// x * 2^n rounded once, for targets without an instruction for it. Requires |n| <= 252 (f32), 2044 (f64): twice
/// the exponents that one factor can have.
///
/// The factor of 2^-126 (f32) or more comes last. Whatever the first one rounds to a denormal is then too small to
/// leave anything but zero, so no result is rounded twice.
template <class X, class Exponent>
X ldexp_by_products(const X &x, const Exponent &n) {
  const Exponent floored = ETCH_BY_DTYPE(x, select(n < -126, -126, n), select(n < -1022, -1022, n));
  const Exponent last = ETCH_BY_DTYPE(x, select(floored > 127, 127, floored), select(floored > 1023, 1023, floored));
  const Exponent first = n - last;
  const X first_factor = ETCH_BY_DTYPE(x, from_bits((first + 127) << 23), from_bits((first + 1023) << 52));
  const X last_factor = ETCH_BY_DTYPE(x, from_bits((last + 127) << 23), from_bits((last + 1023) << 52));
  return x * first_factor * last_factor;
}

} // namespace etch::text
