// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// What Lane asks of AVX2 and FMA. Included by lane.h alone.

namespace etch::runtime {
namespace {

/// Lanes of the first n elements; n in [0, width].
template <int size>
ETCH_INLINE VectorOf<IntegerOfSize<size>> leading_lanes(int64_t n) {
  using Integer = IntegerOfSize<size>;
  VectorOf<Integer> index;
  for (int i = 0; i < kLaneBytes / size; ++i)
    index[i] = static_cast<Integer>(i);
  return index < (VectorOf<Integer>{} + static_cast<Integer>(n));
}

template <int size>
struct LaneMask {
  static constexpr int64_t width = kLaneBytes / size;
  using Integer = IntegerOfSize<size>;
  typedef int8_t Bytes __attribute__((vector_size(width)));

  VectorOf<Integer> lanes; // -1 or 0

  LaneMask() = default;
  ETCH_INLINE LaneMask(bool x) : lanes(VectorOf<Integer>{} - static_cast<Integer>(x)) {}
  static ETCH_INLINE LaneMask of_lanes(VectorOf<Integer> lanes) {
    LaneMask mask;
    mask.lanes = lanes;
    return mask;
  }

  static ETCH_INLINE LaneMask splat(bool x) { return x; }
  static ETCH_INLINE LaneMask load(const bool *p) {
    Bytes bytes;
    __builtin_memcpy(&bytes, p, width);
    return of_lanes(__builtin_convertvector(bytes != 0, VectorOf<Integer>));
  }
  ETCH_INLINE void store(bool *p) const {
    const Bytes bytes = narrowed() & 1;
    __builtin_memcpy(p, &bytes, width);
  }
  /// The first n elements from memory, the others `fill`; nothing beyond them is read.
  static ETCH_INLINE LaneMask load_partial(const bool *p, int64_t n, bool fill) {
    bool elements[width];
    for (int64_t i = 0; i < width; ++i)
      elements[i] = i < n ? p[i] : fill;
    return load(elements);
  }
  ETCH_INLINE void store_partial(bool *p, int64_t n) const {
    bool elements[width];
    store(elements);
    for (int64_t i = 0; i < n; ++i)
      p[i] = elements[i];
  }
  /// The index of the first true lane, or -1.
  ETCH_INLINE int64_t find_first() const {
    const unsigned bytes = static_cast<unsigned>(_mm256_movemask_epi8((__m256i)lanes));
    return bytes ? __builtin_ctz(bytes) / size : -1;
  }

  // g++ 12 narrows vectors element by element, so the packing is spelled out.
  ETCH_INLINE Bytes narrowed() const {
    const __m128i low = _mm256_castsi256_si128((__m256i)lanes);
    const __m128i high = _mm256_extracti128_si256((__m256i)lanes, 1);
    __m128i packed;
    if constexpr (size == 1)
      return lanes;
    else if constexpr (size == 2)
      packed = _mm_packs_epi16(low, high);
    else if constexpr (size == 4)
      packed = _mm_packs_epi16(_mm_packs_epi32(low, high), low);
    else
      packed = _mm_packs_epi16(
          _mm_packs_epi32(_mm_castps_si128(_mm_shuffle_ps(_mm_castsi128_ps(low), _mm_castsi128_ps(high), 0x88)), low),
          low);
    Bytes bytes;
    __builtin_memcpy(&bytes, &packed, width);
    return bytes;
  }

  friend ETCH_INLINE LaneMask operator&(LaneMask a, LaneMask b) { return of_lanes(a.lanes & b.lanes); }
  friend ETCH_INLINE LaneMask operator|(LaneMask a, LaneMask b) { return of_lanes(a.lanes | b.lanes); }
  friend ETCH_INLINE LaneMask operator^(LaneMask a, LaneMask b) { return of_lanes(a.lanes ^ b.lanes); }
  friend ETCH_INLINE LaneMask operator!(LaneMask a) { return of_lanes(~a.lanes); }
  friend ETCH_INLINE LaneMask operator~(LaneMask a) { return !a; }
};

template <class T>
ETCH_INLINE VectorOf<T> splat_vector(T x) {
  if constexpr (std::is_same_v<T, float>)
    return (VectorOf<T>)_mm256_set1_ps(x);
  else if constexpr (std::is_same_v<T, double>)
    return (VectorOf<T>)_mm256_set1_pd(x);
  else
    return VectorOf<T>{} + x;
}

/// a where the mask is true, else b.
template <class T>
ETCH_INLINE VectorOf<T> blend(Mask<T> mask, VectorOf<T> a, VectorOf<T> b) {
  if constexpr (std::is_same_v<T, float>)
    return (VectorOf<T>)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask.lanes);
  else if constexpr (std::is_same_v<T, double>)
    return (VectorOf<T>)_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)mask.lanes);
  else
    return (VectorOf<T>)_mm256_blendv_epi8((__m256i)b, (__m256i)a, (__m256i)mask.lanes);
}

template <class T>
ETCH_INLINE VectorOf<T> load_leading(const T *p, int64_t n, VectorOf<T> fill) {
  const auto leading = leading_lanes<sizeof(T)>(n);
  if constexpr (sizeof(T) == 4) {
    const auto loaded = (VectorOf<T>)_mm256_maskload_epi32(reinterpret_cast<const int *>(p), (__m256i)leading);
    return blend<T>(Mask<T>::of_lanes(leading), loaded, fill);
  } else if constexpr (sizeof(T) == 8) {
    const auto loaded = (VectorOf<T>)_mm256_maskload_epi64(reinterpret_cast<const long long *>(p), (__m256i)leading);
    return blend<T>(Mask<T>::of_lanes(leading), loaded, fill);
  } else {
    for (int64_t i = 0; i < n; ++i)
      fill[i] = p[i];
    return fill;
  }
}

template <class T>
ETCH_INLINE void store_leading(T *p, int64_t n, VectorOf<T> x) {
  const auto leading = (__m256i)leading_lanes<sizeof(T)>(n);
  if constexpr (sizeof(T) == 4)
    _mm256_maskstore_epi32(reinterpret_cast<int *>(p), leading, (__m256i)x);
  else if constexpr (sizeof(T) == 8)
    _mm256_maskstore_epi64(reinterpret_cast<long long *>(p), leading, (__m256i)x);
  else
    for (int64_t i = 0; i < n; ++i)
      p[i] = x[i];
}

template <class T, Relation relation>
ETCH_INLINE Mask<T> compare(VectorOf<T> a, VectorOf<T> b) {
  using Lanes = VectorOf<IntegerOfSize<sizeof(T)>>;
  if constexpr (relation == Relation::kEqual)
    return Mask<T>::of_lanes((Lanes)(a == b));
  else if constexpr (relation == Relation::kNotEqual)
    return Mask<T>::of_lanes((Lanes)(a != b));
  else if constexpr (relation == Relation::kLess)
    return Mask<T>::of_lanes((Lanes)(a < b));
  else
    return Mask<T>::of_lanes((Lanes)(a <= b));
}

using F32Vector = VectorOf<float>;
using F64Vector = VectorOf<double>;

ETCH_INLINE F32Vector fma_vector(F32Vector a, F32Vector b, F32Vector c) {
  return (F32Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
ETCH_INLINE F64Vector fma_vector(F64Vector a, F64Vector b, F64Vector c) {
  return (F64Vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
ETCH_INLINE F32Vector sqrt_vector(F32Vector x) { return (F32Vector)_mm256_sqrt_ps((__m256)x); }
ETCH_INLINE F64Vector sqrt_vector(F64Vector x) { return (F64Vector)_mm256_sqrt_pd((__m256d)x); }

constexpr int kRoundingImmediate[] = {
    _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC,
    _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC};
template <Rounding rounding>
ETCH_INLINE F32Vector round_vector(F32Vector x) {
  return (F32Vector)_mm256_round_ps((__m256)x, kRoundingImmediate[static_cast<int>(rounding)]);
}
template <Rounding rounding>
ETCH_INLINE F64Vector round_vector(F64Vector x) {
  return (F64Vector)_mm256_round_pd((__m256d)x, kRoundingImmediate[static_cast<int>(rounding)]);
}

// vmax and vmin give their second operand for equal zeros and for NaN. Asked in both orders, they differ only there:
// the zeros' signs are then combined, and a NaN is made by setting every bit.
ETCH_INLINE F32Vector maximum_vector(F32Vector a, F32Vector b) {
  const __m256 x = (__m256)a, y = (__m256)b;
  const __m256 greatest = _mm256_and_ps(_mm256_max_ps(x, y), _mm256_max_ps(y, x));
  return (F32Vector)_mm256_or_ps(greatest, _mm256_cmp_ps(x, y, _CMP_UNORD_Q));
}
ETCH_INLINE F64Vector maximum_vector(F64Vector a, F64Vector b) {
  const __m256d x = (__m256d)a, y = (__m256d)b;
  const __m256d greatest = _mm256_and_pd(_mm256_max_pd(x, y), _mm256_max_pd(y, x));
  return (F64Vector)_mm256_or_pd(greatest, _mm256_cmp_pd(x, y, _CMP_UNORD_Q));
}
ETCH_INLINE F32Vector minimum_vector(F32Vector a, F32Vector b) {
  const __m256 x = (__m256)a, y = (__m256)b;
  const __m256 least = _mm256_or_ps(_mm256_min_ps(x, y), _mm256_min_ps(y, x));
  return (F32Vector)_mm256_or_ps(least, _mm256_cmp_ps(x, y, _CMP_UNORD_Q));
}
ETCH_INLINE F64Vector minimum_vector(F64Vector a, F64Vector b) {
  const __m256d x = (__m256d)a, y = (__m256d)b;
  const __m256d least = _mm256_or_pd(_mm256_min_pd(x, y), _mm256_min_pd(y, x));
  return (F64Vector)_mm256_or_pd(least, _mm256_cmp_pd(x, y, _CMP_UNORD_Q));
}

ETCH_INLINE VectorOf<int32_t> to_integer_vector(F32Vector x) { return __builtin_convertvector(x, VectorOf<int32_t>); }
ETCH_INLINE F32Vector to_floating_vector(VectorOf<int32_t> n) { return __builtin_convertvector(n, F32Vector); }
ETCH_INLINE VectorOf<int64_t> to_integer_vector(F64Vector x) { return __builtin_convertvector(x, VectorOf<int64_t>); }

// AVX2 converts no 64-bit integers. The halves become doubles by placing them in the mantissas of 2^84 + 2^63 (high)
// and 2^52 (low); what those offsets add is subtracted exactly, and the last addition rounds once.
ETCH_INLINE F64Vector to_floating_vector(VectorOf<int64_t> n) {
  const VectorOf<int64_t> low = (n & 0xffffffff) | 0x4330000000000000;
  const VectorOf<int64_t> high = (VectorOf<int64_t>)((VectorOf<uint64_t>)n >> 32) ^ 0x4530000080000000;
  return ((F64Vector)high - 0x1.00000801p+84) + (F64Vector)low;
}

} // namespace
} // namespace etch::runtime
