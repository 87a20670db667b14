// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// What Lane asks of AVX-512 (F, BW, DQ, VL). Included by lane.h alone.

namespace etch::runtime {
namespace {

/// The first n bits; n in [0, 64].
ETCH_INLINE uint64_t leading_bits(int64_t n) { return _bzhi_u64(~uint64_t{0}, static_cast<unsigned>(n)); }

template <int size>
struct LaneMask {
  static constexpr int64_t width = kLaneBytes / size;
  using Bits = std::make_unsigned_t<IntegerOfSize<width / 8>>;

  Bits bits;

  LaneMask() = default;
  ETCH_INLINE LaneMask(bool x) : bits(x ? static_cast<Bits>(~Bits{0}) : Bits{0}) {}
  static ETCH_INLINE LaneMask of_bits(uint64_t bits) {
    LaneMask mask;
    mask.bits = static_cast<Bits>(bits);
    return mask;
  }

  static ETCH_INLINE LaneMask splat(bool x) { return x; }
  static ETCH_INLINE LaneMask load(const bool *p) {
    if constexpr (width == 64) {
      const __m512i bytes = _mm512_loadu_si512(p);
      return of_bits(_mm512_test_epi8_mask(bytes, bytes));
    } else if constexpr (width == 32) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p));
      return of_bits(_mm256_test_epi8_mask(bytes, bytes));
    } else {
      const auto *at = reinterpret_cast<const __m128i *>(p);
      const __m128i bytes = width == 16 ? _mm_loadu_si128(at) : _mm_loadl_epi64(at);
      return of_bits(_mm_test_epi8_mask(bytes, bytes));
    }
  }
  ETCH_INLINE void store(bool *p) const {
    if constexpr (width == 64)
      _mm512_storeu_si512(p, _mm512_maskz_set1_epi8(bits, 1));
    else if constexpr (width == 32)
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(p), _mm256_maskz_set1_epi8(bits, 1));
    else if constexpr (width == 16)
      _mm_storeu_si128(reinterpret_cast<__m128i *>(p), _mm_maskz_set1_epi8(bits, 1));
    else
      _mm_storel_epi64(reinterpret_cast<__m128i *>(p), _mm_maskz_set1_epi8(bits, 1));
  }
  /// The first n elements from memory, the others `fill`; nothing beyond them is read.
  static ETCH_INLINE LaneMask load_partial(const bool *p, int64_t n, bool fill) {
    const uint64_t leading = leading_bits(n);
    const __m512i bytes = _mm512_maskz_loadu_epi8(leading, p);
    const uint64_t rest = fill ? ~leading : 0;
    return of_bits(_mm512_test_epi8_mask(bytes, bytes) | rest);
  }
  ETCH_INLINE void store_partial(bool *p, int64_t n) const {
    _mm512_mask_storeu_epi8(p, leading_bits(n), _mm512_maskz_set1_epi8(bits, 1));
  }
  /// The index of the first true lane, or -1.
  ETCH_INLINE int64_t find_first() const { return bits ? __builtin_ctzll(bits) : -1; }

  friend ETCH_INLINE LaneMask operator&(LaneMask a, LaneMask b) { return of_bits(a.bits & b.bits); }
  friend ETCH_INLINE LaneMask operator|(LaneMask a, LaneMask b) { return of_bits(a.bits | b.bits); }
  friend ETCH_INLINE LaneMask operator^(LaneMask a, LaneMask b) { return of_bits(a.bits ^ b.bits); }
  friend ETCH_INLINE LaneMask operator!(LaneMask a) { return of_bits(~uint64_t{a.bits}); }
  friend ETCH_INLINE LaneMask operator~(LaneMask a) { return !a; }
};

template <class T>
ETCH_INLINE VectorOf<T> splat_vector(T x) {
  if constexpr (std::is_same_v<T, float>)
    return (VectorOf<T>)_mm512_set1_ps(x);
  else if constexpr (std::is_same_v<T, double>)
    return (VectorOf<T>)_mm512_set1_pd(x);
  else if constexpr (sizeof(T) == 1)
    return (VectorOf<T>)_mm512_set1_epi8(static_cast<char>(x));
  else if constexpr (sizeof(T) == 2)
    return (VectorOf<T>)_mm512_set1_epi16(x);
  else if constexpr (sizeof(T) == 4)
    return (VectorOf<T>)_mm512_set1_epi32(x);
  else
    return (VectorOf<T>)_mm512_set1_epi64(x);
}

template <class T>
ETCH_INLINE VectorOf<T> load_leading(const T *p, int64_t n, VectorOf<T> fill) {
  const uint64_t leading = leading_bits(n);
  if constexpr (sizeof(T) == 1)
    return (VectorOf<T>)_mm512_mask_loadu_epi8((__m512i)fill, leading, p);
  else if constexpr (sizeof(T) == 2)
    return (VectorOf<T>)_mm512_mask_loadu_epi16((__m512i)fill, static_cast<__mmask32>(leading), p);
  else if constexpr (sizeof(T) == 4)
    return (VectorOf<T>)_mm512_mask_loadu_epi32((__m512i)fill, static_cast<__mmask16>(leading), p);
  else
    return (VectorOf<T>)_mm512_mask_loadu_epi64((__m512i)fill, static_cast<__mmask8>(leading), p);
}

template <class T>
ETCH_INLINE void store_leading(T *p, int64_t n, VectorOf<T> x) {
  const uint64_t leading = leading_bits(n);
  if constexpr (sizeof(T) == 1)
    _mm512_mask_storeu_epi8(p, leading, (__m512i)x);
  else if constexpr (sizeof(T) == 2)
    _mm512_mask_storeu_epi16(p, static_cast<__mmask32>(leading), (__m512i)x);
  else if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_epi32(p, static_cast<__mmask16>(leading), (__m512i)x);
  else
    _mm512_mask_storeu_epi64(p, static_cast<__mmask8>(leading), (__m512i)x);
}

template <class T, Relation relation>
ETCH_INLINE Mask<T> compare(VectorOf<T> a, VectorOf<T> b) {
  constexpr int kFloatingOf[] = {_CMP_EQ_OQ, _CMP_NEQ_UQ, _CMP_LT_OQ, _CMP_LE_OQ};
  constexpr int kIntegerOf[] = {_MM_CMPINT_EQ, _MM_CMPINT_NE, _MM_CMPINT_LT, _MM_CMPINT_LE};
  // Constants of their own: a subscript that UBSan checks is no immediate.
  constexpr int kFloating = kFloatingOf[static_cast<int>(relation)];
  constexpr int kInteger = kIntegerOf[static_cast<int>(relation)];
  if constexpr (std::is_same_v<T, float>)
    return Mask<T>::of_bits(_mm512_cmp_ps_mask((__m512)a, (__m512)b, kFloating));
  else if constexpr (std::is_same_v<T, double>)
    return Mask<T>::of_bits(_mm512_cmp_pd_mask((__m512d)a, (__m512d)b, kFloating));
  else if constexpr (std::is_same_v<T, uint8_t>)
    return Mask<T>::of_bits(_mm512_cmp_epu8_mask((__m512i)a, (__m512i)b, kInteger));
  else if constexpr (sizeof(T) == 1)
    return Mask<T>::of_bits(_mm512_cmp_epi8_mask((__m512i)a, (__m512i)b, kInteger));
  else if constexpr (sizeof(T) == 2)
    return Mask<T>::of_bits(_mm512_cmp_epi16_mask((__m512i)a, (__m512i)b, kInteger));
  else if constexpr (sizeof(T) == 4)
    return Mask<T>::of_bits(_mm512_cmp_epi32_mask((__m512i)a, (__m512i)b, kInteger));
  else
    return Mask<T>::of_bits(_mm512_cmp_epi64_mask((__m512i)a, (__m512i)b, kInteger));
}

/// a where the mask is true, else b.
template <class T>
ETCH_INLINE VectorOf<T> blend(Mask<T> mask, VectorOf<T> a, VectorOf<T> b) {
  if constexpr (std::is_same_v<T, float>)
    return (VectorOf<T>)_mm512_mask_blend_ps(mask.bits, (__m512)b, (__m512)a);
  else if constexpr (std::is_same_v<T, double>)
    return (VectorOf<T>)_mm512_mask_blend_pd(mask.bits, (__m512d)b, (__m512d)a);
  else if constexpr (sizeof(T) == 1)
    return (VectorOf<T>)_mm512_mask_blend_epi8(mask.bits, (__m512i)b, (__m512i)a);
  else if constexpr (sizeof(T) == 2)
    return (VectorOf<T>)_mm512_mask_blend_epi16(mask.bits, (__m512i)b, (__m512i)a);
  else if constexpr (sizeof(T) == 4)
    return (VectorOf<T>)_mm512_mask_blend_epi32(mask.bits, (__m512i)b, (__m512i)a);
  else
    return (VectorOf<T>)_mm512_mask_blend_epi64(mask.bits, (__m512i)b, (__m512i)a);
}

using F32Vector = VectorOf<float>;
using F64Vector = VectorOf<double>;

ETCH_INLINE F32Vector fma_vector(F32Vector a, F32Vector b, F32Vector c) {
  return (F32Vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
ETCH_INLINE F64Vector fma_vector(F64Vector a, F64Vector b, F64Vector c) {
  return (F64Vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
ETCH_INLINE F32Vector sqrt_vector(F32Vector x) { return (F32Vector)_mm512_maskz_sqrt_ps(0xffff, (__m512)x); }
ETCH_INLINE F64Vector sqrt_vector(F64Vector x) { return (F64Vector)_mm512_maskz_sqrt_pd(0xff, (__m512d)x); }

constexpr int kRoundingImmediate[] = {
    _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC,
    _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC};
template <Rounding rounding>
ETCH_INLINE F32Vector round_vector(F32Vector x) {
  return (F32Vector)_mm512_maskz_roundscale_ps(0xffff, (__m512)x, kRoundingImmediate[static_cast<int>(rounding)]);
}
template <Rounding rounding>
ETCH_INLINE F64Vector round_vector(F64Vector x) {
  return (F64Vector)_mm512_maskz_roundscale_pd(0xff, (__m512d)x, kRoundingImmediate[static_cast<int>(rounding)]);
}

// vrange orders -0 below +0 but drops a NaN; the masked addition brings it back. Immediate: 1 maximum, 0 minimum; 4
// takes the sign of the result from the comparison.
template <int immediate>
ETCH_INLINE F32Vector range_vector(F32Vector a, F32Vector b) {
  const __mmask16 has_nan = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_UNORD_Q);
  const __m512 range = _mm512_maskz_range_ps(0xffff, (__m512)a, (__m512)b, immediate);
  return (F32Vector)_mm512_mask_add_ps(range, has_nan, (__m512)a, (__m512)b);
}
template <int immediate>
ETCH_INLINE F64Vector range_vector(F64Vector a, F64Vector b) {
  const __mmask8 has_nan = _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_UNORD_Q);
  const __m512d range = _mm512_maskz_range_pd(0xff, (__m512d)a, (__m512d)b, immediate);
  return (F64Vector)_mm512_mask_add_pd(range, has_nan, (__m512d)a, (__m512d)b);
}
template <class V>
ETCH_INLINE V maximum_vector(V a, V b) {
  return range_vector<5>(a, b);
}
template <class V>
ETCH_INLINE V minimum_vector(V a, V b) {
  return range_vector<4>(a, b);
}

ETCH_INLINE VectorOf<int32_t> to_integer_vector(F32Vector x) { return __builtin_convertvector(x, VectorOf<int32_t>); }
ETCH_INLINE VectorOf<int64_t> to_integer_vector(F64Vector x) { return __builtin_convertvector(x, VectorOf<int64_t>); }
ETCH_INLINE F32Vector to_floating_vector(VectorOf<int32_t> n) { return __builtin_convertvector(n, F32Vector); }
ETCH_INLINE F64Vector to_floating_vector(VectorOf<int64_t> n) { return __builtin_convertvector(n, F64Vector); }

/// x * 2^n rounded once, for integral n. The full masks keep g++ 12 from warning of its own undefined operand.
ETCH_INLINE F32Vector scale_vector(F32Vector x, F32Vector n) {
  return (F32Vector)_mm512_maskz_scalef_ps(0xffff, (__m512)x, (__m512)n);
}
ETCH_INLINE F64Vector scale_vector(F64Vector x, F64Vector n) {
  return (F64Vector)_mm512_maskz_scalef_pd(0xff, (__m512d)x, (__m512d)n);
}

} // namespace
} // namespace etch::runtime
