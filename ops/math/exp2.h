// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"
#include "ops/math/polynomial.h"

// Method: x = n + r with |r| <= 1/2, 2^x = 2^n (1 + r growth(r)). Whole numbers have r = 0 and exact results.
// Growth from tools/coefficients: relative error 2^-27.9 (f32), 2^-57.4 (f64).
// Maximal error measured (all f32, 40 million f64): 0.88 ulp (f32), 0.83 ulp (f64).

namespace etch::text {

/// (2^r - 1) / r for |r| <= 1/2.
template <class X>
X exp2_growth(const X &r) {
  return ETCH_BY_DTYPE(
      r, horner(r, 0x1.3ec21ap-13, 0x1.5f0ca4p-10, 0x1.3b31fcp-7, 0x1.c6af74p-5, 0x1.ebfbd6p-3, 0x1.62e43p-1),
      horner(r, 0x1.e95587da13e8fp-32, 0x1.e61af5fbcfc59p-28, 0x1.b52535502c501p-24, 0x1.62bfc7d6c93bap-20,
             0x1.ffcbfc5e67775p-17, 0x1.4309130ebeed1p-13, 0x1.5d87fe78a0016p-10, 0x1.3b2ab6fba01b1p-7,
             0x1.c6b08d704a127p-5, 0x1.ebfbdff82c5a4p-3, 0x1.62e42fefa39efp-1));
}

/// x = whole + fraction, to nearest.
template <class X, class Exponent>
struct WholeAndFraction {
  X fraction;
  Exponent whole;
};

/// Requires |x| < 2^21, or NaN (whose fraction is NaN).
template <class X>
auto whole_and_fraction(const X &x) {
  // As in exp.h: the sum's low bits are the rounded number.
  const double to_integer32 = 0x1.8p+23, to_integer64 = 0x1.8p+52;
  const X shifted = ETCH_BY_DTYPE(x, x + to_integer32, x + to_integer64);
  const X n = ETCH_BY_DTYPE(x, shifted - to_integer32, shifted - to_integer64);
  const auto whole = ETCH_BY_DTYPE(x, to_bits(shifted) - 0x4b400000, to_bits(shifted) - 0x4338000000000000);
  return WholeAndFraction<X, std::remove_const_t<decltype(whole)>>{x - n, whole};
}

/// x where its power of two is between 0 and infinity, else a bound whose power rounds to one of them. Keeps NaN.
template <class X>
X bounded_exponent(const X &x) {
  const X floored = ETCH_BY_DTYPE(x, select(x < -151.0, -151.0, x), select(x < -1076.0, -1076.0, x));
  return ETCH_BY_DTYPE(x, select(floored > 129.0, 129.0, floored), select(floored > 1025.0, 1025.0, floored));
}

template <class X>
X exp2(const X &x) {
  const auto parts = whole_and_fraction(bounded_exponent(x));
  const X r = parts.fraction;
  return ldexp(fma(r, exp2_growth(r), 1.0), parts.whole);
}

} // namespace etch::text
