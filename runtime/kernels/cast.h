// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/kernels/half.h"

namespace etch::runtime {
namespace {

/// 2^(value bits of Integer) in Float: the least number too large for it.
template <class Integer, class Float>
constexpr Float past_largest() {
  Float bound = 1;
  for (int i = 0; i < std::numeric_limits<Integer>::digits; ++i)
    bound *= 2;
  return bound;
}

/// Branch-free and defined for every x, so that the compiler vectorizes loops over it.
template <class To, class From>
ETCH_INLINE To converted(From x) {
  if constexpr (kIsHalf<To>) {
    return half_from<To>(x);
  } else if constexpr (kIsHalf<From>) {
    return converted<To>(to_float(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr To smallest = std::numeric_limits<To>::min(), largest = std::numeric_limits<To>::max();
    constexpr From low = static_cast<From>(smallest), high = past_largest<To, From>();
    // False for NaN as well, which becomes 0.
    const bool fits = x >= low && x < high;
    const To truncated = static_cast<To>(fits ? x : From{0});
    const To floored = x < low ? smallest : truncated;
    return x >= high ? largest : floored;
  } else {
    return static_cast<To>(x);
  }
}

/// In memory a bool is a byte 0 or 1; loops over bool itself are not vectorized.
template <class T>
struct Stored {
  using Type = T;
};
template <>
struct Stored<bool> {
  using Type = uint8_t;
};

/// to[i] = from[i] converted: floats to integers truncate, saturate and take NaN to 0; integers wrap; to bool is != 0;
/// floats round to nearest. The buffers must not overlap.
template <class To, class From>
void cast_loop(int64_t n, To *to, const From *from) {
  if constexpr (kIsHalf<To> && std::is_same_v<From, float>)
    return narrow(n, to, from);
  if constexpr (std::is_same_v<To, float> && kIsHalf<From>)
    return widen(n, to, from);
  auto *__restrict target = reinterpret_cast<typename Stored<To>::Type *>(to);
  const auto *__restrict source = reinterpret_cast<const typename Stored<From>::Type *>(from);
  for (int64_t i = 0; i < n; ++i)
    target[i] = converted<To>(source[i]);
}

} // namespace
} // namespace etch::runtime
