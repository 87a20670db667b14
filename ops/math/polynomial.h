// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace etch::text {

/// The polynomial with these coefficients, highest degree first, by Horner's rule: one fma per degree.
template <class X, class... Coefficients>
X horner(const X &x, double highest, double next, Coefficients... lower) {
  X sum = fma(x, highest, next);
  ((sum = fma(sum, x, lower)), ...);
  return sum;
}

} // namespace etch::text
