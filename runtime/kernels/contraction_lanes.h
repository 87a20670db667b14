// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// The vectors of accumulators that the contraction kernels are written with, one struct per element type, for the level
// ETCH_LEVEL (3: AVX2 + FMA, 4: AVX-512). Everything is internal to the including file, which alone is compiled for the
// level. A Mask selects leading lanes; level 3 has none, so its loads and stores are of whole vectors.

#include <immintrin.h>

#include <cstdint>

#if !defined(ETCH_LEVEL) || (ETCH_LEVEL != 3 && ETCH_LEVEL != 4)
#error "ETCH_LEVEL must be 3 or 4"
#endif

namespace etch::runtime {
namespace {

#if ETCH_LEVEL == 4

template <class T>
struct Lanes;

inline uint64_t leading_bits(int64_t count) {
  const int64_t clamped = count < 0 ? 0 : count > 64 ? 64 : count;
  return _bzhi_u64(~uint64_t{0}, static_cast<unsigned>(clamped));
}

template <>
struct Lanes<float> {
  using Vector = __m512;
  using Mask = __mmask16;
  static constexpr int kLanes = 16;
  static constexpr bool kMasked = true;
  static Mask mask(int64_t n) { return static_cast<Mask>(leading_bits(n)); }
  static Vector start(bool empty) { return _mm512_set1_ps(empty ? 0.0f : -0.0f); }
  static Vector load(const float *p) { return _mm512_loadu_ps(p); }
  static Vector load(const float *p, Mask mask) { return _mm512_maskz_loadu_ps(mask, p); }
  static void store(float *p, Mask mask, Vector x) { _mm512_mask_storeu_ps(p, mask, x); }
  static Vector broadcast(const float *p) { return _mm512_set1_ps(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
};

template <>
struct Lanes<double> {
  using Vector = __m512d;
  using Mask = __mmask8;
  static constexpr int kLanes = 8;
  static constexpr bool kMasked = true;
  static Mask mask(int64_t n) { return static_cast<Mask>(leading_bits(n)); }
  static Vector start(bool empty) { return _mm512_set1_pd(empty ? 0.0 : -0.0); }
  static Vector load(const double *p) { return _mm512_loadu_pd(p); }
  static Vector load(const double *p, Mask mask) { return _mm512_maskz_loadu_pd(mask, p); }
  static void store(double *p, Mask mask, Vector x) { _mm512_mask_storeu_pd(p, mask, x); }
  static Vector broadcast(const double *p) { return _mm512_set1_pd(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_pd(a, b, c); }
};

template <>
struct Lanes<int64_t> {
  using Vector = __m512i;
  using Mask = __mmask8;
  static constexpr int kLanes = 8;
  static constexpr bool kMasked = true;
  static Mask mask(int64_t n) { return static_cast<Mask>(leading_bits(n)); }
  static Vector start(bool) { return _mm512_setzero_si512(); }
  static Vector load(const int64_t *p) { return _mm512_loadu_si512(p); }
  static Vector load(const int64_t *p, Mask mask) { return _mm512_maskz_loadu_epi64(mask, p); }
  static void store(int64_t *p, Mask mask, Vector x) { _mm512_mask_storeu_epi64(p, mask, x); }
  static Vector broadcast(const int64_t *p) { return _mm512_set1_epi64(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_add_epi64(_mm512_mullo_epi64(a, b), c); }
};

template <>
struct Lanes<int32_t> {
  using Vector = __m512i;
  using Mask = __mmask16;
  static constexpr int kLanes = 16;
  static constexpr bool kMasked = true;
  static Mask mask(int64_t n) { return static_cast<Mask>(leading_bits(n)); }
  static Vector start(bool) { return _mm512_setzero_si512(); }
  static Vector load(const int32_t *p) { return _mm512_loadu_si512(p); }
  static Vector load(const int32_t *p, Mask mask) { return _mm512_maskz_loadu_epi32(mask, p); }
  static void store(int32_t *p, Mask mask, Vector x) { _mm512_mask_storeu_epi32(p, mask, x); }
  static Vector broadcast(const int32_t *p) { return _mm512_set1_epi32(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_add_epi32(_mm512_mullo_epi32(a, b), c); }
};

template <>
struct Lanes<int16_t> {
  using Vector = __m512i;
  using Mask = __mmask32;
  static constexpr int kLanes = 32;
  static constexpr bool kMasked = true;
  static Mask mask(int64_t n) { return static_cast<Mask>(leading_bits(n)); }
  static Vector start(bool) { return _mm512_setzero_si512(); }
  static Vector load(const int16_t *p) { return _mm512_loadu_si512(p); }
  static Vector load(const int16_t *p, Mask mask) { return _mm512_maskz_loadu_epi16(mask, p); }
  static void store(int16_t *p, Mask mask, Vector x) { _mm512_mask_storeu_epi16(p, mask, x); }
  static Vector broadcast(const int16_t *p) { return _mm512_set1_epi16(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_add_epi16(_mm512_mullo_epi16(a, b), c); }
};

// x86 multiplies no bytes: the chain runs in 16 bits, whose low halves wrap like 8 bits do.
template <>
struct Lanes<int8_t> {
  using Vector = __m512i;
  using Mask = __mmask32;
  static constexpr int kLanes = 32;
  static constexpr bool kMasked = true;
  static Mask mask(int64_t n) { return static_cast<Mask>(leading_bits(n)); }
  static Vector start(bool) { return _mm512_setzero_si512(); }
  static Vector load(const int8_t *p) {
    return _mm512_maskz_cvtepi8_epi16(~Mask{0}, _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)));
  }
  static Vector load(const int8_t *p, Mask mask) {
    return _mm512_maskz_cvtepi8_epi16(~Mask{0}, _mm256_maskz_loadu_epi8(mask, p));
  }
  static void store(int8_t *p, Mask mask, Vector x) {
    _mm256_mask_storeu_epi8(p, mask, _mm512_maskz_cvtepi16_epi8(~Mask{0}, x));
  }
  static Vector broadcast(const int8_t *p) { return _mm512_set1_epi16(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_add_epi16(_mm512_mullo_epi16(a, b), c); }
};

#else

template <class T>
struct Lanes;

struct WholeVector {};

template <>
struct Lanes<float> {
  using Vector = __m256;
  using Mask = WholeVector;
  static constexpr int kLanes = 8;
  static constexpr bool kMasked = false;
  static Mask mask(int64_t) { return {}; }
  static Vector start(bool empty) { return _mm256_set1_ps(empty ? 0.0f : -0.0f); }
  static Vector load(const float *p, Mask) { return load(p); }
  static Vector load(const float *p) { return _mm256_loadu_ps(p); }
  static void store(float *p, Mask, Vector x) { _mm256_storeu_ps(p, x); }
  static Vector broadcast(const float *p) { return _mm256_broadcast_ss(p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
};

template <>
struct Lanes<double> {
  using Vector = __m256d;
  using Mask = WholeVector;
  static constexpr int kLanes = 4;
  static constexpr bool kMasked = false;
  static Mask mask(int64_t) { return {}; }
  static Vector start(bool empty) { return _mm256_set1_pd(empty ? 0.0 : -0.0); }
  static Vector load(const double *p, Mask) { return load(p); }
  static Vector load(const double *p) { return _mm256_loadu_pd(p); }
  static void store(double *p, Mask, Vector x) { _mm256_storeu_pd(p, x); }
  static Vector broadcast(const double *p) { return _mm256_broadcast_sd(p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_pd(a, b, c); }
};

inline __m256i load_whole(const void *p) { return _mm256_loadu_si256(static_cast<const __m256i *>(p)); }
inline void store_whole(void *p, __m256i x) { _mm256_storeu_si256(static_cast<__m256i *>(p), x); }

template <>
struct Lanes<int64_t> {
  using Vector = __m256i;
  using Mask = WholeVector;
  static constexpr int kLanes = 4;
  static constexpr bool kMasked = false;
  static Mask mask(int64_t) { return {}; }
  static Vector start(bool) { return _mm256_setzero_si256(); }
  static Vector load(const int64_t *p, Mask) { return load(p); }
  static Vector load(const int64_t *p) { return load_whole(p); }
  static void store(int64_t *p, Mask, Vector x) { store_whole(p, x); }
  static Vector broadcast(const int64_t *p) { return _mm256_set1_epi64x(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) {
    const Vector low = _mm256_mul_epu32(a, b);
    const Vector cross = _mm256_mullo_epi32(a, _mm256_shuffle_epi32(b, 0xB1));
    const Vector high = _mm256_slli_epi64(_mm256_add_epi32(cross, _mm256_srli_epi64(cross, 32)), 32);
    return _mm256_add_epi64(_mm256_add_epi64(low, high), c);
  }
};

template <>
struct Lanes<int32_t> {
  using Vector = __m256i;
  using Mask = WholeVector;
  static constexpr int kLanes = 8;
  static constexpr bool kMasked = false;
  static Mask mask(int64_t) { return {}; }
  static Vector start(bool) { return _mm256_setzero_si256(); }
  static Vector load(const int32_t *p, Mask) { return load(p); }
  static Vector load(const int32_t *p) { return load_whole(p); }
  static void store(int32_t *p, Mask, Vector x) { store_whole(p, x); }
  static Vector broadcast(const int32_t *p) { return _mm256_set1_epi32(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_add_epi32(_mm256_mullo_epi32(a, b), c); }
};

template <>
struct Lanes<int16_t> {
  using Vector = __m256i;
  using Mask = WholeVector;
  static constexpr int kLanes = 16;
  static constexpr bool kMasked = false;
  static Mask mask(int64_t) { return {}; }
  static Vector start(bool) { return _mm256_setzero_si256(); }
  static Vector load(const int16_t *p, Mask) { return load(p); }
  static Vector load(const int16_t *p) { return load_whole(p); }
  static void store(int16_t *p, Mask, Vector x) { store_whole(p, x); }
  static Vector broadcast(const int16_t *p) { return _mm256_set1_epi16(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_add_epi16(_mm256_mullo_epi16(a, b), c); }
};

// x86 multiplies no bytes: the chain runs in 16 bits, whose low halves wrap like 8 bits do.
template <>
struct Lanes<int8_t> {
  using Vector = __m256i;
  using Mask = WholeVector;
  static constexpr int kLanes = 16;
  static constexpr bool kMasked = false;
  static Mask mask(int64_t) { return {}; }
  static Vector start(bool) { return _mm256_setzero_si256(); }
  static Vector load(const int8_t *p, Mask) { return load(p); }
  static Vector load(const int8_t *p) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)));
  }
  static void store(int8_t *p, Mask, Vector x) {
    const Vector bytes = _mm256_and_si256(x, _mm256_set1_epi16(0xFF));
    const Vector packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(bytes, bytes), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i *>(p), _mm256_castsi256_si128(packed));
  }
  static Vector broadcast(const int8_t *p) { return _mm256_set1_epi16(*p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_add_epi16(_mm256_mullo_epi16(a, b), c); }
};

#endif

} // namespace
} // namespace etch::runtime
