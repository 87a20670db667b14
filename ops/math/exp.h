// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"
#include "ops/math/polynomial.h"

// Method: x = n ln 2 + r with |r| <= ln(2)/2 (Cody and Waite, ln 2 in two parts), exp x = 2^n (1 + r + r^2 tail(r)).
// Tails from tools/coefficients: relative error 2^-28.3 (f32), 2^-57.9 (f64).
// Maximal error measured (every third f32, 60 million f64): 0.90 ulp (f32), 0.88 ulp (f64).

namespace etch::text {

/// exp x as (1 + reduced * growth) * 2^exponent, for results that are worked on further before they are rounded to
/// denormals.
template <class X, class Exponent>
struct ScaledExp {
  X reduced; // r
  X growth;  // (exp r - 1) / r
  Exponent exponent;
};

/// x = n ln 2 + reduced.
template <class X, class Exponent>
struct ReducedExp {
  X n;
  X partly; // x less n times the high part of ln 2, exact
  X reduced;
  Exponent exponent; // n
};

/// Requires |x| < 2^21, or NaN (the exponent is then meaningless).
template <class X>
auto reduced_exp(const X &x) {
  // Adding 1.5 * 2^23 (f32) rounds to an integer, ties to even, and leaves it in the low bits: cheaper than
  // round_even and to_int, and defined for NaN.
  const double to_integer32 = 0x1.8p+23, to_integer64 = 0x1.8p+52;
  const X shifted = ETCH_BY_DTYPE(x, fma(x, 0x1.715476p+0, to_integer32), fma(x, 0x1.71547652b82fep+0, to_integer64));
  const X n = ETCH_BY_DTYPE(x, shifted - to_integer32, shifted - to_integer64);
  const X partly = ETCH_BY_DTYPE(x, fma(n, -0x1.62e4p-1, x), fma(n, -0x1.62e42fefa38p-1, x));
  const X r = ETCH_BY_DTYPE(x, fma(n, -0x1.7f7d1cp-20, partly), fma(n, -0x1.ef35793c7673p-45, partly));
  const auto exponent = ETCH_BY_DTYPE(x, to_bits(shifted) - 0x4b400000, to_bits(shifted) - 0x4338000000000000);
  return ReducedExp<X, std::remove_const_t<decltype(exponent)>>{n, partly, r, exponent};
}

/// What rounding took from e.reduced.
template <class X, class Exponent>
X reduction_error(const ReducedExp<X, Exponent> &e) {
  const X rest = e.partly - e.reduced;
  return ETCH_BY_DTYPE(rest, fma(e.n, -0x1.7f7d1cp-20, rest), fma(e.n, -0x1.ef35793c7673p-45, rest));
}

/// Requires what reduced_exp does; the growth of NaN is NaN.
template <class X>
auto scaled_exp(const X &x) {
  const auto e = reduced_exp(x);
  const X r = e.reduced;
  const X growth =
      ETCH_BY_DTYPE(x, horner(r, 0x1.6a53d6p-10, 0x1.12397ep-7, 0x1.5558aap-5, 0x1.555492p-3, 0x1.fffffcp-2, 1.0),
                    horner(r, 0x1.ad9f137640b1dp-26, 0x1.28ae033568756p-22, 0x1.71df110624349p-19,
                           0x1.a019995834686p-16, 0x1.a01a01339a089p-13, 0x1.6c16c18479562p-10, 0x1.1111111125fep-7,
                           0x1.55555555506b4p-5, 0x1.5555555555501p-3, 0x1.000000000000ap-1, 1.0));
  return ScaledExp<X, decltype(e.exponent)>{r, growth, e.exponent};
}

/// exp of an argument that needs no bounding: what scaled_exp requires.
template <class X>
X exp_in_range(const X &x) {
  const auto e = scaled_exp(x);
  return ldexp(fma(e.reduced, e.growth, 1.0), e.exponent);
}

template <class X>
X exp(const X &x) {
  // Beyond these bounds the result is 0 or infinity; NaN passes both comparisons.
  const X floored = ETCH_BY_DTYPE(x, select(x < -104.0, -104.0, x), select(x < -746.0, -746.0, x));
  const X bounded = ETCH_BY_DTYPE(x, select(floored > 89.0, 89.0, floored), select(floored > 710.0, 710.0, floored));
  return exp_in_range(bounded);
}

} // namespace etch::text
