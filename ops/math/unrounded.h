// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace etch::text {

/// A value as the sum of two, the second small.
template <class X>
struct Unrounded {
  X high;
  X low;
};

/// high + low, and what that rounding lost (Dekker). Requires |high| >= |low|, or high = 0.
template <class X>
Unrounded<X> renormalised(const X &high, const X &low) {
  const X sum = high + low;
  return {sum, low - (sum - high)};
}

} // namespace etch::text
