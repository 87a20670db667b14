// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How random bits become numbers, after docs/numerics.md, section 13. Every floating-point operation here is one of the
// table, so the numbers are the same on every machine.
#pragma once

#include "ops/contraction_parts.h"

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace etch::expansion {

/// The bits of a word of random numbers that are to become floats of a dtype.
inline int word_digits(DType dtype) { return dtype == DType::f64 ? 64 : 32; }
inline DType word_dtype(DType dtype) { return dtype == DType::f64 ? DType::i64 : DType::i32; }
/// Where f16 and bf16 are computed.
inline DType wide_dtype(DType dtype) { return dtype == DType::f64 ? DType::f64 : DType::f32; }

/// Multiples of 2^-p in [0, 1), p being the binary digits of the dtype, so each of them is exact.
template <TensorReading T>
T random_unit(const T &state, const Dims &shape, DType dtype) {
  const int digits = dtype == DType::f64 ? 53 : dtype == DType::f32 ? 24 : dtype == DType::f16 ? 11 : 8;
  return cast(random_bits(state, shape, digits, word_dtype(dtype)), dtype) * std::ldexp(1.0, -digits);
}

/// Numbers in (0, 1], finer the closer they are to 0: b + 1/2 over 2^31 or 2^63, rounded.
template <TensorReading T>
T random_positive(const T &bits) {
  const DType wide = bits.dtype() == DType::i64 ? DType::f64 : DType::f32;
  return (cast(bits, wide) + 0.5) * std::ldexp(1.0, 1 - word_digits(wide));
}

/// Two words of random numbers for each element of a shape. Not with a dimension more than the shape, which may have as
/// many as there can be.
template <TensorReading T>
T random_pairs(const T &state, const Dims &shape, int64_t digits, DType dtype) {
  return random_bits(state, Dims{extent_along(shape, {}), 2}, digits, dtype);
}
template <TensorReading T>
T one_of_pairs(const T &pairs, const Dims &shape, int64_t which) {
  return reshape(slice(pairs, Dims{0, which}, Dims{pairs.dim(0), 1}), shape);
}

/// Numbers of the normal distribution with mean 0 and standard deviation 1, in wide_dtype(dtype).
template <TensorReading T>
T random_bell(const T &state, const Dims &shape, DType dtype) {
  const DType wide = wide_dtype(dtype);
  const int digits = word_digits(wide) - 1;
  const T pairs = random_pairs(state, shape, digits, word_dtype(wide));
  const T turns = cast(one_of_pairs(pairs, shape, 1), wide);
  const T angle = turns * (2 * std::numbers::pi * std::ldexp(1.0, -digits));
  return sqrt(log(random_positive(one_of_pairs(pairs, shape, 0))) * -2.0) * cos(angle);
}

/// The x with erf(x) = t, for |t| <= erf(sqrt 2): S. Winitzki's approximation, then as many of Halley's steps as the
/// dtype asks for, each of which triples the digits.
template <TensorReading T>
T central_erfinv(const T &t) {
  const double a = 0.147;
  const T half_log = log(1.0 - t * t) * 0.5, sum = half_log + 2 / (std::numbers::pi * a);
  const T size = sqrt(maximum(sqrt(sum * sum - half_log * (2 / a)) - sum, 0.0));
  T x = where(t < 0.0, -size, size);
  for (int step = t.dtype() == DType::f64 ? 2 : 1; step > 0; --step) {
    const T newton = (erf(x) - t) * exp(x * x) * (0.5 / std::numbers::inv_sqrtpi);
    x = x - newton / (x * newton + 1.0);
  }
  return x;
}

/// The same without what lies beyond 2 and -2.
template <TensorReading T>
T random_truncated_bell(const T &state, const Dims &shape, DType dtype) {
  const double within = 0.95449973610364158560; // erf(sqrt 2)
  const T t = (random_unit(state, shape, wide_dtype(dtype)) * 2.0 - 1.0) * within;
  return minimum(maximum(central_erfinv(t) * std::numbers::sqrt2, -2.0), 2.0);
}

/// Numbers of Gumbel's distribution.
template <TensorReading T>
T random_gumbel(const T &state, const Dims &shape, DType dtype) {
  const T bits = random_bits(state, shape, word_digits(dtype) - 1, word_dtype(dtype));
  return -log(-log1p(-random_positive(bits)));
}

/// How many integers [minval, maxval) holds. Requires minval < maxval.
inline uint64_t random_range(int64_t minval, int64_t maxval) {
  return static_cast<uint64_t>(maxval) - static_cast<uint64_t>(minval);
}
/// Whether 64 bits are enough to choose between so many.
inline bool is_small_range(uint64_t range) { return range <= uint64_t{1} << 32; }

/// The high half of the product of x and y, read as unsigned.
template <TensorReading T>
T multiply_high(const T &x, uint64_t y) {
  constexpr int64_t kLow = 0xffffffff;
  const auto low = [&](const T &v) { return v & kLow; };
  const auto high = [&](const T &v) { return (v >> 32) & kLow; };
  const int64_t y0 = static_cast<int64_t>(y) & kLow, y1 = static_cast<int64_t>(y >> 32);
  const T x0 = low(x), x1 = high(x);
  const T middle = x1 * y0 + high(x0 * y0);
  const T other = x0 * y1 + low(middle);
  return x1 * y1 + high(middle) + high(other);
}

/// Integers in [0, range), as bits of i64.
template <TensorReading T>
T random_below(const T &state, const Dims &shape, uint64_t range) {
  if (is_small_range(range))
    return multiply_high(random_bits(state, shape, 64, DType::i64), range);
  const T pairs = random_pairs(state, shape, 64, DType::i64);
  const T higher = one_of_pairs(pairs, shape, 0), lower = one_of_pairs(pairs, shape, 1);
  // The highest 64 of the product's 192 bits; a sum less than its part, as unsigned numbers, has carried.
  const T product = higher * std::bit_cast<int64_t>(range), sum = product + multiply_high(lower, range);
  const int64_t sign = std::numeric_limits<int64_t>::min();
  return multiply_high(higher, range) + cast((sum ^ sign) < (product ^ sign), DType::i64);
}

} // namespace etch::expansion
