// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/kernels/lane.h"

#include <etch/dtype.h>

namespace etch::runtime {
namespace {

template <class T>
constexpr bool kIsHalf = std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

ETCH_INLINE float to_float(float16 x) { return _cvtsh_ss(x.bits); }
ETCH_INLINE float to_float(bfloat16 x) { return __builtin_bit_cast(float, static_cast<uint32_t>(x.bits) << 16); }

/// Rounded once, to nearest, ties to even.
template <class Half>
ETCH_INLINE Half to_half(float x) {
  Half result;
  if constexpr (std::is_same_v<Half, float16>) {
    result.bits = _cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT);
  } else {
    const uint32_t bits = __builtin_bit_cast(uint32_t, x);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    const uint32_t quiet = bits >> 16 | 0x40;
    result.bits = static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
  }
  return result;
}

/// The float with an odd last bit next to x unless x is a float: rounded further, it gives what x would.
ETCH_INLINE float to_odd(double x) {
  const float nearest = static_cast<float>(x);
  const double back = nearest;
  uint32_t bits = __builtin_bit_cast(uint32_t, nearest);
  bits -= __builtin_fabs(back) > __builtin_fabs(x);
  bits |= back < x || back > x;
  return __builtin_bit_cast(float, bits);
}

/// A double that rounds to every narrower type as the integer does.
ETCH_INLINE double narrowing_double(int64_t x) {
  constexpr int64_t kExact = int64_t{1} << 53;
  const bool is_exact = x > -kExact && x < kExact;
  const int64_t high = x >> 11 | ((x & 0x7ff) != 0);
  return is_exact ? static_cast<double>(x) : static_cast<double>(high) * 2048.0;
}

template <class Half, class From>
ETCH_INLINE Half half_from(From x) {
  if constexpr (kIsHalf<From>)
    return to_half<Half>(to_float(x));
  else if constexpr (std::is_same_v<From, float> || (std::is_integral_v<From> && sizeof(From) < 4))
    return to_half<Half>(static_cast<float>(x));
  else if constexpr (std::is_same_v<From, int64_t>)
    return to_half<Half>(to_odd(narrowing_double(x)));
  else
    return to_half<Half>(to_odd(static_cast<double>(x)));
}

/// to[i] = from[i]; the vector forms of the loops that half-precision operations are made of.
ETCH_INLINE void widen(int64_t n, float *to, const float16 *from) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from + i))));
  for (; i < n; ++i)
    to[i] = to_float(from[i]);
}
ETCH_INLINE void widen(int64_t n, float *to, const bfloat16 *from) {
  for (int64_t i = 0; i < n; ++i)
    to[i] = to_float(from[i]);
}
ETCH_INLINE void narrow(int64_t n, float16 *to, const float *from) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i *>(to + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  for (; i < n; ++i)
    to[i] = to_half<float16>(from[i]);
}
ETCH_INLINE void narrow(int64_t n, bfloat16 *to, const float *from) {
  for (int64_t i = 0; i < n; ++i)
    to[i] = to_half<bfloat16>(from[i]);
}

constexpr int64_t kHalfBlock = 1024;
constexpr int kHalfOperands = 4;

/// How a half-precision operation's operand reaches the float loop: bools as they are, halves block by block.
template <class In>
struct WidenedOperand {
  ETCH_INLINE static const void *block(const void *data, int64_t first, int64_t n, int64_t step, float *buffer) {
    if constexpr (kIsHalf<In>) {
      widen(step ? n : 1, buffer, static_cast<const In *>(data) + first * step);
      return buffer;
    } else {
      return static_cast<const In *>(data) + first * step;
    }
  }
};

template <class T>
using Computed = std::conditional_t<kIsHalf<T>, float, T>;

/// An element-wise loop over half-precision numbers: `loop` runs on floats in cache, each result is rounded once.
template <auto loop, class Out, class... In>
void half_loop(int64_t n, void *out, const void *const *in, const int64_t *step) {
  static_assert(sizeof...(In) <= kHalfOperands);
  alignas(64) float buffers[kHalfOperands + 1][kHalfBlock];
  const void *blocks[kHalfOperands];
  for (int64_t first = 0; first < n; first += kHalfBlock) {
    const int64_t count = n - first < kHalfBlock ? n - first : kHalfBlock;
    int k = 0;
    ((blocks[k] = WidenedOperand<In>::block(in[k], first, count, step[k], buffers[k]), ++k), ...);
    if constexpr (kIsHalf<Out>) {
      loop(count, buffers[kHalfOperands], blocks, step);
      narrow(count, static_cast<Out *>(out) + first, buffers[kHalfOperands]);
    } else {
      loop(count, static_cast<Out *>(out) + first, blocks, step);
    }
  }
}

} // namespace
} // namespace etch::runtime
