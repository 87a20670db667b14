// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tools/accuracy/exact.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace etch::accuracy {

/// How far, in ulps, an error in f32 may be misjudged by the double reading; of an error above 1 ulp, in parts of it.
/// The C++ library's functions err by a few units of 53 bits, 2^-27 of an f32 ulp; the rest of the hair is for texts
/// that compose several of them. Samples check it.
constexpr double kHair = 0x1p-14;

constexpr double kWrong = std::numeric_limits<double>::infinity();

template <class T>
T rounded(const Exact &exact) {
  if constexpr (std::is_same_v<T, float>)
    return exact.to_float();
  else
    return exact.to_double();
}

/// The distance of a result from the exact value in units of the last place that a T has at the exact value. kWrong
/// where one is NaN and the other is not, where correct rounding gives infinity and the result is finite or vice versa,
/// and where the result is a zero of the other sign.
template <class T>
double error_in_ulps(T result, const Exact &exact) {
  using Limits = std::numeric_limits<T>;
  const T nearest = rounded<T>(exact);
  if (std::isnan(result) || std::isnan(nearest))
    return std::isnan(result) && std::isnan(nearest) ? 0 : kWrong;
  if (std::isinf(result) || std::isinf(nearest))
    return result == nearest ? 0 : kWrong;
  if (result == 0 && std::signbit(result) != exact.is_negative())
    return kWrong;
  const long least = Limits::min_exponent;
  const long exponent = exact.is_zero() ? least : std::max(exact.exponent(), least);
  return ldexp(abs(Exact(result) - exact), Limits::digits - exponent).to_double();
}

/// The same for an f32 by the double reading, within kHair; kWrong also where that cannot decide, so a caller asks the
/// exact reading.
inline double fast_error_in_ulps(float result, double expected) {
  if (std::isnan(result) && std::isnan(expected))
    return 0;
  if (std::isinf(result) && std::fabs(expected) >= 0x1p128)
    return std::signbit(result) == std::signbit(expected) ? 0 : kWrong;
  // The largest float and half an ulp, where rounding to infinity begins, is not far below the bound.
  if (!(std::fabs(expected) < 0x1.fffffep127) || !std::isfinite(result))
    return kWrong;
  if (result == 0 && std::signbit(result) != std::signbit(expected))
    return kWrong;
  // An ulp is 2^(e - 23) for a number in [2^e, 2^(e+1)), and that of 2^-126 below. 1023: the bias of doubles.
  const int64_t biased = std::max<int64_t>(std::bit_cast<int64_t>(expected) >> 52 & 0x7ff, 1023 - 126);
  return std::fabs(result - expected) * std::bit_cast<double>((2 * 1023 + 23 - biased) << 52);
}

} // namespace etch::accuracy
