// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_kind.h"

namespace etch::text {

template <class X>
auto is_shift_count(const X &count) {
  return (count >= 0) & (count < bit_width(count));
}

template <class A, class B>
auto left_shift(const A &x, const B &count) {
  const auto fits = is_shift_count(count);
  return select(fits, shl(x, select(fits, count, 0)), 0);
}

template <class A, class B>
auto right_shift(const A &x, const B &count) {
  const auto fits = is_shift_count(count);
  // All places but one, then one more: nothing is left but copies of the sign.
  const auto most = shr(x, select(fits, count, bit_width(count) - 1));
  return select(fits, most, shr(most, 1));
}

} // namespace etch::text
