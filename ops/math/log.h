// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"
#include "ops/math/polynomial.h"

#include <limits>

// Method: x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), log x = e ln 2 + f + f^2 tail(f). The leading sum
// e ln2_high + f is kept with its rounding error (Dekker), so that the result is rounded nearly once.
// Tails from tools/coefficients: relative error 2^-27.8 (f32), 2^-56.7 (f64).
// Maximal error measured (every third f32, 60 million f64): 0.88 ulp (f32), 0.86 ulp (f64).

namespace etch::text {

/// A positive number as 2^exponent (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)).
template <class X, class Exponent>
struct LogParts {
  X f;
  Exponent exponent;
};

/// Requires x normal, positive and finite; otherwise some finite f.
template <class X>
auto log_parts(const X &x) {
  // Subtracting the bits of sqrt(1/2) puts the carry out of the mantissa where 1 + f passes sqrt(2).
  const auto bits = to_bits(x);
  const auto shifted = ETCH_BY_DTYPE(x, bits - 0x3f3504f3, bits - 0x3fe6a09e667f3bcd);
  const auto exponent = ETCH_BY_DTYPE(x, shifted >> 23, shifted >> 52);
  const X fraction = ETCH_BY_DTYPE(x, from_bits(bits - (exponent << 23)), from_bits(bits - (exponent << 52)));
  return LogParts<X, std::remove_const_t<decltype(exponent)>>{fraction - 1.0, exponent};
}

/// The same for denormal numbers too, with the exponent as a number of x's type.
template <class X>
LogParts<X, X> log_parts_of_any(const X &x) {
  const auto is_denormal = ETCH_BY_DTYPE(x, x < 0x1p-126, x < 0x1p-1022);
  const X normal = ETCH_BY_DTYPE(x, select(is_denormal, x * 0x1p+24, x), select(is_denormal, x * 0x1p+54, x));
  const auto parts = log_parts(normal);
  const X unscaled = to_float(parts.exponent);
  const X exponent =
      ETCH_BY_DTYPE(x, select(is_denormal, unscaled - 24.0, unscaled), select(is_denormal, unscaled - 54.0, unscaled));
  return {parts.f, exponent};
}

/// (log(1 + f) - f) / f^2 for 1 + f in [sqrt(1/2), sqrt(2)).
template <class X>
X log_tail(const X &f) {
  return ETCH_BY_DTYPE(f,
                       horner(f, -0x1.38356ap-4, 0x1.085c1ep-3, -0x1.0f40a8p-3, 0x1.226ea8p-3, -0x1.5425bep-3,
                              0x1.99a414p-3, -0x1.000432p-2, 0x1.55555p-2, -0x1.fffff8p-2),
                       horner(f, 0x1.ab6b42e41d79fp-6, -0x1.eafe6c079333fp-5, 0x1.0b547145113d4p-4,
                              -0x1.d175985264f5dp-5, 0x1.cfbd56a8525c6p-5, -0x1.fb69ee32dd57ap-5, 0x1.11d765e6e49cdp-4,
                              -0x1.24dc7baeccf31p-4, 0x1.3b0ade3d63187p-4, -0x1.55507206da6dep-4, 0x1.745d43ce93fdbp-4,
                              -0x1.9999c919c214cp-4, 0x1.c71c71e4a31dcp-4, -0x1.fffffef66ce3ep-4, 0x1.2492492224b91p-3,
                              -0x1.55555556e29c6p-3, 0x1.99999999a1db8p-3, -0x1.fffffffffdeep-3, 0x1.5555555555519p-2,
                              -0x1.0000000000003p-1));
}

/// e ln 2 + log(1 + f) as a sum of two numbers, the lower one not yet added for the sake of what else is small.
template <class X>
struct LogSum {
  X high, low;
};

template <class X>
LogSum<X> log_sum(const X &e, const X &f) {
  const X high = ETCH_BY_DTYPE(f, e * 0x1.62e4p-1, e * 0x1.62e42fefa38p-1);
  const X sum = high + f;
  const X lost = f - (sum - high);
  const X low = ETCH_BY_DTYPE(f, fma(e, 0x1.7f7d1cp-20, lost), fma(e, 0x1.ef35793c7673p-45, lost));
  return {sum, fma(f * f, log_tail(f), low)};
}

/// `finite` with the edges of a logarithm: infinity and NaN for themselves, -infinity for 0, NaN below.
template <class X>
X with_log_edges(const X &x, const X &finite) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const X positive = select(x < infinity, finite, x);
  return select(x > 0.0, positive, select(x == 0.0, -infinity, x + nan));
}

template <class X>
X log(const X &x) {
  const auto parts = log_parts_of_any(x);
  const LogSum<X> sum = log_sum(parts.exponent, parts.f);
  return with_log_edges<X>(x, sum.high + sum.low);
}

} // namespace etch::text
