// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// Lane<T>: the eager reading of the scalar text in ops/, one native vector of elements. Included only by the files that
// are compiled for one x86-64 level, with ETCH_LEVEL 3 (AVX2, FMA) or 4 (AVX-512). Everything is internal to them: the
// linker would merge equal template names of two levels and run AVX-512 code on a machine without it.

#if !defined(ETCH_LEVEL) || (ETCH_LEVEL != 3 && ETCH_LEVEL != 4)
#error "ETCH_LEVEL must be 3 or 4"
#endif

#include "ops/math/ldexp.h"

#include <immintrin.h>

#include <cstdint>
#include <limits>
#include <type_traits>

#define ETCH_INLINE inline __attribute__((always_inline))

namespace etch::runtime {
namespace {

constexpr int kLaneBytes = ETCH_LEVEL == 4 ? 64 : 32;

template <class T>
struct Vector {
  typedef T Type __attribute__((vector_size(kLaneBytes)));
};
template <class T>
using VectorOf = typename Vector<T>::Type;

template <int size>
using IntegerOfSize =
    std::conditional_t<size == 1, int8_t,
                       std::conditional_t<size == 2, int16_t, std::conditional_t<size == 4, int32_t, int64_t>>>;

/// The type whose arithmetic is T's: signed integers wrap, so theirs is done unsigned.
template <class T>
struct Wrapping {
  using Type = std::make_unsigned_t<T>;
};
template <>
struct Wrapping<float> {
  using Type = float;
};
template <>
struct Wrapping<double> {
  using Type = double;
};

enum class Relation { kEqual, kNotEqual, kLess, kLessEqual };
enum class Rounding { kToEven, kDown, kUp, kTowardZero };

/// The truth of a relation between lanes of elements of `size` bytes. In memory: one byte 0 or 1 per element.
template <int size>
struct LaneMask;
template <class T>
using Mask = LaneMask<sizeof(T)>;

} // namespace
} // namespace etch::runtime

#if ETCH_LEVEL == 4
#include "runtime/kernels/lane_v4.h"
#else
#include "runtime/kernels/lane_v3.h"
#endif

namespace etch::runtime {
namespace {

template <int size>
ETCH_INLINE LaneMask<size> operator==(LaneMask<size> a, LaneMask<size> b) {
  return !(a ^ b);
}
template <int size>
ETCH_INLINE LaneMask<size> operator!=(LaneMask<size> a, LaneMask<size> b) {
  return a ^ b;
}
template <int size>
ETCH_INLINE LaneMask<size> select(LaneMask<size> condition, LaneMask<size> a, LaneMask<size> b) {
  return b ^ ((a ^ b) & condition);
}

/// slow() where the condition holds, else fast. slow is not evaluated where no lane needs it, which is the usual case.
template <int size, class X, class Slow>
ETCH_INLINE X rarely(LaneMask<size> condition, const Slow &slow, const X &fast) {
  if (__builtin_expect(condition.find_first() < 0, 1))
    return fast;
  return select(condition, slow(), fast);
}

/// x after `next` as long as the condition holds, lane by lane.
template <class X, class Condition, class Next>
ETCH_INLINE X repeat_while(X x, const Condition &condition, const Next &next) {
  for (auto going = condition(x); going.find_first() >= 0; going = condition(x))
    x = select(going, next(x), x);
  return x;
}

template <class T>
struct Lane {
  using Element = T;
  using Integer = IntegerOfSize<sizeof(T)>;
  using Arithmetic = VectorOf<typename Wrapping<T>::Type>;
  using Bits = VectorOf<Integer>;
  static constexpr bool kIsFloating = std::is_floating_point_v<T>;
  static constexpr int64_t width = kLaneBytes / sizeof(T);

  VectorOf<T> vector;

  Lane() = default;
  ETCH_INLINE Lane(VectorOf<T> x) : vector(x) {}
  /// A literal adopts the lane's type, which must be able to represent it if it is an integer.
  template <class Literal>
    requires std::is_arithmetic_v<Literal>
  ETCH_INLINE Lane(Literal x) : vector(splat_vector<T>(static_cast<T>(x))) {}

  static ETCH_INLINE Lane splat(T x) { return splat_vector<T>(x); }
  static ETCH_INLINE Lane load(const T *p) {
    Lane x;
    __builtin_memcpy(&x.vector, p, kLaneBytes);
    return x;
  }
  ETCH_INLINE void store(T *p) const { __builtin_memcpy(p, &vector, kLaneBytes); }
  /// The first n elements from memory, the others `fill`; nothing beyond them is read.
  static ETCH_INLINE Lane load_partial(const T *p, int64_t n, T fill) {
    return load_leading<T>(p, n, splat_vector<T>(fill));
  }
  /// Writes the first n elements and nothing beyond them.
  ETCH_INLINE void store_partial(T *p, int64_t n) const { store_leading<T>(p, n, vector); }
  ETCH_INLINE T first() const { return vector[0]; }

  friend ETCH_INLINE Lane operator+(Lane a, Lane b) { return as_lane((Arithmetic)a.vector + (Arithmetic)b.vector); }
  friend ETCH_INLINE Lane operator-(Lane a, Lane b) { return as_lane((Arithmetic)a.vector - (Arithmetic)b.vector); }
  friend ETCH_INLINE Lane operator*(Lane a, Lane b) { return as_lane((Arithmetic)a.vector * (Arithmetic)b.vector); }
  friend ETCH_INLINE Lane operator-(Lane a) { return as_lane(-(Arithmetic)a.vector); }
  friend ETCH_INLINE Lane operator/(Lane a, Lane b)
    requires kIsFloating
  {
    return a.vector / b.vector;
  }

  friend ETCH_INLINE Mask<T> operator==(Lane a, Lane b) { return compare<T, Relation::kEqual>(a.vector, b.vector); }
  friend ETCH_INLINE Mask<T> operator!=(Lane a, Lane b) { return compare<T, Relation::kNotEqual>(a.vector, b.vector); }
  friend ETCH_INLINE Mask<T> operator<(Lane a, Lane b) { return compare<T, Relation::kLess>(a.vector, b.vector); }
  friend ETCH_INLINE Mask<T> operator<=(Lane a, Lane b) { return compare<T, Relation::kLessEqual>(a.vector, b.vector); }
  friend ETCH_INLINE Mask<T> operator>(Lane a, Lane b) { return b < a; }
  friend ETCH_INLINE Mask<T> operator>=(Lane a, Lane b) { return b <= a; }
  friend ETCH_INLINE Lane select(Mask<T> condition, Lane a, Lane b) { return blend<T>(condition, a.vector, b.vector); }

  friend ETCH_INLINE Lane maximum(Lane a, Lane b) {
    if constexpr (kIsFloating)
      return maximum_vector(a.vector, b.vector);
    else
      return (a.vector > b.vector) ? a.vector : b.vector;
  }
  friend ETCH_INLINE Lane minimum(Lane a, Lane b) {
    if constexpr (kIsFloating)
      return minimum_vector(a.vector, b.vector);
    else
      return (a.vector < b.vector) ? a.vector : b.vector;
  }
  friend ETCH_INLINE Lane abs(Lane a) {
    if constexpr (kIsFloating)
      return (VectorOf<T>)((Bits)a.vector & std::numeric_limits<Integer>::max());
    else if constexpr (std::is_unsigned_v<T>)
      return a;
    else
      return maximum(a, -a);
  }

  friend ETCH_INLINE Lane operator&(Lane a, Lane b)
    requires(!kIsFloating)
  {
    return a.vector & b.vector;
  }
  friend ETCH_INLINE Lane operator|(Lane a, Lane b)
    requires(!kIsFloating)
  {
    return a.vector | b.vector;
  }
  friend ETCH_INLINE Lane operator^(Lane a, Lane b)
    requires(!kIsFloating)
  {
    return a.vector ^ b.vector;
  }
  friend ETCH_INLINE Lane operator~(Lane a)
    requires(!kIsFloating)
  {
    return ~a.vector;
  }
  friend ETCH_INLINE Lane operator<<(Lane a, int n)
    requires(!kIsFloating)
  {
    return as_lane((Arithmetic)a.vector << n);
  }
  friend ETCH_INLINE Lane operator>>(Lane a, int n)
    requires(!kIsFloating)
  {
    return a.vector >> n;
  }
  friend ETCH_INLINE Lane shr_logical(Lane a, int n)
    requires(!kIsFloating)
  {
    return as_lane((Arithmetic)a.vector >> n);
  }
  // Counts lane by lane, each in [0, width of the element).
  friend ETCH_INLINE Lane shl(Lane a, Lane n)
    requires(!kIsFloating)
  {
    return as_lane((Arithmetic)a.vector << (Arithmetic)n.vector);
  }
  friend ETCH_INLINE Lane shr(Lane a, Lane n)
    requires(!kIsFloating)
  {
    return a.vector >> n.vector;
  }
  friend ETCH_INLINE Lane shr_logical(Lane a, Lane n)
    requires(!kIsFloating)
  {
    return as_lane((Arithmetic)a.vector >> (Arithmetic)n.vector);
  }
  // Rounded toward zero. b is never 0, nor -1 beside the smallest a.
  friend ETCH_INLINE Lane quotient(Lane a, Lane b)
    requires(!kIsFloating)
  {
    return a.vector / b.vector;
  }
  friend ETCH_INLINE Lane remainder(Lane a, Lane b)
    requires(!kIsFloating)
  {
    return a.vector % b.vector;
  }

  friend ETCH_INLINE Lane fma(Lane a, Lane b, Lane c)
    requires kIsFloating
  {
    return fma_vector(a.vector, b.vector, c.vector);
  }
  friend ETCH_INLINE Lane sqrt(Lane a)
    requires kIsFloating
  {
    return sqrt_vector(a.vector);
  }
  friend ETCH_INLINE Lane round_even(Lane a)
    requires kIsFloating
  {
    return round_vector<Rounding::kToEven>(a.vector);
  }
  friend ETCH_INLINE Lane round_even(Lane a)
    requires(!kIsFloating)
  {
    return a;
  }
  friend ETCH_INLINE Lane floor(Lane a)
    requires kIsFloating
  {
    return round_vector<Rounding::kDown>(a.vector);
  }
  friend ETCH_INLINE Lane ceil(Lane a)
    requires kIsFloating
  {
    return round_vector<Rounding::kUp>(a.vector);
  }
  friend ETCH_INLINE Lane trunc(Lane a)
    requires kIsFloating
  {
    return round_vector<Rounding::kTowardZero>(a.vector);
  }
  friend ETCH_INLINE Mask<T> is_nan(Lane a)
    requires kIsFloating
  {
    return a != a;
  }
  friend ETCH_INLINE Lane copysign(Lane a, Lane b)
    requires kIsFloating
  {
    const Bits sign = (Bits)splat_vector<T>(-0.0);
    return (VectorOf<T>)(((Bits)a.vector & ~sign) | ((Bits)b.vector & sign));
  }

  friend ETCH_INLINE Lane<Integer> to_bits(Lane a)
    requires kIsFloating
  {
    return (Bits)a.vector;
  }
  friend ETCH_INLINE Lane<Integer> to_int(Lane a)
    requires kIsFloating
  {
    return to_integer_vector(a.vector);
  }
  friend ETCH_INLINE Lane ldexp(Lane x, Lane<Integer> n)
    requires kIsFloating
  {
#if ETCH_LEVEL == 4
    return scale_vector(x.vector, to_floating_vector(n.vector));
#else
    return text::ldexp_by_products(x, n);
#endif
  }

private:
  static ETCH_INLINE Lane as_lane(Arithmetic x) { return (VectorOf<T>)x; }
};

ETCH_INLINE Lane<float> from_bits(Lane<int32_t> bits) { return (VectorOf<float>)bits.vector; }
ETCH_INLINE Lane<double> from_bits(Lane<int64_t> bits) { return (VectorOf<double>)bits.vector; }
ETCH_INLINE Lane<float> to_float(Lane<int32_t> n) { return to_floating_vector(n.vector); }
ETCH_INLINE Lane<double> to_float(Lane<int64_t> n) { return to_floating_vector(n.vector); }

} // namespace
} // namespace etch::runtime
