// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"

#include <limits>

// Method: with the quotient rounded down, x - quotient y is a float, so one fma is exact; a quotient that division had
// rounded up to an integer shows as a negative rest. Where the quotient has more digits than a float, multiples
// 2^k y are taken away first, as in long division. The rest is C's fmod, exact for all operands, denormals included.

namespace etch::text {

/// a mod b. Requires 0 <= a < 2^23 b (f32), 2^52 b (f64).
template <class X>
X rest_of_quotient(const X &a, const X &b) {
  const X rest = fma(-trunc(a / b), b, a);
  return select(rest < 0.0, rest + b, rest);
}

/// a mod b where the quotient is larger. Requires a to be finite and b > 0.
template <class X>
X rest_of_long_quotient(const X &a, const X &b) {
  // A normal multiple of b that the last step can do without.
  const X divisor = ETCH_BY_DTYPE(a, select(b < 0x1p-126, b * 0x1p+23, b), select(b < 0x1p-1022, b * 0x1p+52, b));
  const auto divisor_bits = to_bits(divisor);
  const auto significand = ETCH_BY_DTYPE(a, divisor_bits & 0x7fffff, divisor_bits & 0xfffffffffffff);
  const auto is_too_large = [&](const X &rest) {
    return ETCH_BY_DTYPE(a, to_bits(rest) - divisor_bits >= (23 << 23),
                         to_bits(rest) - divisor_bits >= (int64_t{52} << 52));
  };
  const auto shortened = [&](const X &rest) {
    // The exponent of the rest less 22 (f32), 51 (f64), so that the quotient is below 2^23, 2^52.
    const auto scaled = ETCH_BY_DTYPE(a, ((shr_logical(to_bits(rest), 23) - 22) << 23) | significand,
                                      ((shr_logical(to_bits(rest), 52) - 51) << 52) | significand);
    return rest_of_quotient(rest, from_bits(scaled));
  };
  return rest_of_quotient(rest_of_quotient(repeat_while(a, is_too_large, shortened), divisor), b);
}

/// mod(x, y) of floats: C's fmod, plus y where that has the other sign.
template <class X>
X float_mod(const X &x, const X &y) {
  const X a = abs(x), b = abs(y);
  const double infinity = std::numeric_limits<double>::infinity();
  const X quotient = a / b;
  const auto is_long = ETCH_BY_DTYPE(x, quotient >= 0x1p+22, quotient >= 0x1p+51) & (a < infinity) & (b > 0.0);
  // The comparison serves b = infinity.
  const X fast = select(a < b, a, rest_of_quotient(a, b));
  const X rest =
      rarely(is_long, [&] { return rest_of_long_quotient(select(is_long, a, 0.0), select(is_long, b, 1.0)); }, fast);
  const X r = copysign(rest, x);
  return select((r != 0.0) & ((r < 0.0) ^ (y < 0.0)), r + y, r);
}

} // namespace etch::text
