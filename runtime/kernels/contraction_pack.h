// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// Packing for the contraction kernels, by element size alone: a copy where the lanes of the matrix are adjacent, a
// transposition where its steps are, a gather otherwise. See PackJob for the layout. Touches no element outside the
// matrix.

#include <immintrin.h>

#include <cstdint>

#include "runtime/contraction.h"
#include "runtime/kernels/contraction_lanes.h"

namespace etch::runtime {
namespace {

// Elements are moved as bits, whatever their type.
template <int Bytes>
struct Bits;
template <>
struct Bits<1> {
  typedef uint8_t Type __attribute__((may_alias));
};
template <>
struct Bits<2> {
  typedef uint16_t Type __attribute__((may_alias));
};
template <>
struct Bits<4> {
  typedef uint32_t Type __attribute__((may_alias));
};
template <>
struct Bits<8> {
  typedef uint64_t Type __attribute__((may_alias));
};

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// A piece of a panel: element (lane, p) goes from in[lane * lane_stride + p * k_stride] to out[p * width + lane]. Lanes
// from `lanes` up to `stored` become zero.
template <int Bytes>
struct Piece {
  using Element = typename Bits<Bytes>::Type;
  const Element *in;
  int64_t lane_stride, k_stride;
  Element *out;
  int64_t width, lanes, stored, steps;
};

template <int Bytes>
void gather(const Piece<Bytes> &piece) {
  for (int64_t p = 0; p < piece.steps; ++p) {
    int64_t lane = 0;
    for (; lane < piece.lanes; ++lane) {
      piece.out[p * piece.width + lane] = piece.in[lane * piece.lane_stride + p * piece.k_stride];
    }
    for (; lane < piece.stored; ++lane)
      piece.out[p * piece.width + lane] = 0;
  }
}

#if ETCH_LEVEL == 4

template <int Bytes>
void copy(const Piece<Bytes> &piece) {
  const auto *in = reinterpret_cast<const char *>(piece.in);
  auto *out = reinterpret_cast<char *>(piece.out);
  for (int64_t at = 0; at < piece.stored * Bytes; at += 64) {
    if (piece.lanes * Bytes - at >= 64) {
      for (int64_t p = 0; p < piece.steps; ++p) {
        _mm512_storeu_si512(out + p * piece.width * Bytes + at,
                            _mm512_loadu_si512(in + p * piece.k_stride * Bytes + at));
      }
      continue;
    }
    const uint64_t loaded = leading_bits(piece.lanes * Bytes - at), stored = leading_bits(piece.stored * Bytes - at);
    for (int64_t p = 0; p < piece.steps; ++p) {
      const __m512i x = _mm512_maskz_loadu_epi8(loaded, in + p * piece.k_stride * Bytes + at);
      _mm512_mask_storeu_epi8(out + p * piece.width * Bytes + at, stored, x);
    }
  }
}

// The maskz forms below, with all lanes on, are the plain instructions: g++ 12 warns of an uninitialized operand in its
// own definition of the plain forms.
constexpr __mmask8 kAll8 = 0xFF;
constexpr __mmask16 kAll16 = 0xFFFF;

// Quarter q of a, b, c, d becomes the four quarters of result q.
inline void transpose_quarters(__m512i &a, __m512i &b, __m512i &c, __m512i &d) {
  const __m512i ab_low = _mm512_maskz_shuffle_i32x4(kAll16, a, b, 0x44),
                ab_high = _mm512_maskz_shuffle_i32x4(kAll16, a, b, 0xEE);
  const __m512i cd_low = _mm512_maskz_shuffle_i32x4(kAll16, c, d, 0x44),
                cd_high = _mm512_maskz_shuffle_i32x4(kAll16, c, d, 0xEE);
  a = _mm512_maskz_shuffle_i32x4(kAll16, ab_low, cd_low, 0x88);
  b = _mm512_maskz_shuffle_i32x4(kAll16, ab_low, cd_low, 0xDD);
  c = _mm512_maskz_shuffle_i32x4(kAll16, ab_high, cd_high, 0x88);
  d = _mm512_maskz_shuffle_i32x4(kAll16, ab_high, cd_high, 0xDD);
}

// In each quarter, the 4 x 4 block of 32-bit elements that a, b, c, d hold is transposed.
inline void transpose_within_quarters(__m512i &a, __m512i &b, __m512i &c, __m512i &d) {
  const __m512i ab_low = _mm512_maskz_unpacklo_epi32(kAll16, a, b), ab_high = _mm512_maskz_unpackhi_epi32(kAll16, a, b);
  const __m512i cd_low = _mm512_maskz_unpacklo_epi32(kAll16, c, d), cd_high = _mm512_maskz_unpackhi_epi32(kAll16, c, d);
  a = _mm512_maskz_unpacklo_epi64(kAll8, ab_low, cd_low);
  b = _mm512_maskz_unpackhi_epi64(kAll8, ab_low, cd_low);
  c = _mm512_maskz_unpacklo_epi64(kAll8, ab_high, cd_high);
  d = _mm512_maskz_unpackhi_epi64(kAll8, ab_high, cd_high);
}

inline void transpose_block(const Piece<4> &piece) {
  const auto loaded = static_cast<__mmask16>(leading_bits(piece.steps));
  const auto stored = static_cast<__mmask16>(leading_bits(piece.stored));
  __m512i x[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    const __mmask16 row = i < piece.lanes ? loaded : __mmask16{0};
    x[i] = _mm512_maskz_loadu_epi32(row, piece.in + i * piece.lane_stride);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4)
    transpose_within_quarters(x[i], x[i + 1], x[i + 2], x[i + 3]);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i)
    transpose_quarters(x[i], x[i + 4], x[i + 8], x[i + 12]);
#pragma GCC unroll 16
  for (int p = 0; p < 16; ++p) {
    if (p < piece.steps)
      _mm512_mask_storeu_epi32(piece.out + p * piece.width, stored, x[p]);
  }
}

inline void transpose_block(const Piece<8> &piece) {
  const auto loaded = static_cast<__mmask8>(leading_bits(piece.steps));
  const auto stored = static_cast<__mmask8>(leading_bits(piece.stored));
  __m512i x[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    const __mmask8 row = i < piece.lanes ? loaded : __mmask8{0};
    x[i] = _mm512_maskz_loadu_epi64(row, piece.in + i * piece.lane_stride);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    const __m512i low = _mm512_maskz_unpacklo_epi64(kAll8, x[i], x[i + 1]);
    x[i + 1] = _mm512_maskz_unpackhi_epi64(kAll8, x[i], x[i + 1]);
    x[i] = low;
  }
  transpose_quarters(x[0], x[2], x[4], x[6]);
  transpose_quarters(x[1], x[3], x[5], x[7]);
#pragma GCC unroll 8
  for (int p = 0; p < 8; ++p) {
    if (p < piece.steps)
      _mm512_mask_storeu_epi64(piece.out + p * piece.width, stored, x[p]);
  }
}

template <int Bytes>
constexpr int64_t kBlock = 64 / Bytes;

#else

// Constant counts of bytes, largest first: a panel's row is short, and a call of memcpy per row would cost more than
// it.
template <int Bytes>
void copy(const Piece<Bytes> &piece) {
  const int64_t bytes = piece.lanes * Bytes, width = piece.stored * Bytes;
  for (int64_t p = 0; p < piece.steps; ++p) {
    const auto *in = reinterpret_cast<const char *>(piece.in + p * piece.k_stride);
    auto *out = reinterpret_cast<char *>(piece.out + p * piece.width);
    int64_t at = 0;
    for (; at + 32 <= bytes; at += 32)
      store_whole(out + at, load_whole(in + at));
    for (; at + 8 <= bytes; at += 8)
      __builtin_memcpy(out + at, in + at, 8);
    for (; at < bytes; at += Bytes)
      __builtin_memcpy(out + at, in + at, Bytes);
    for (; at < width; at += Bytes)
      __builtin_memset(out + at, 0, Bytes);
  }
}

inline void transpose_block(const Piece<4> &piece) {
  if (piece.steps < 4 || piece.lanes < 4)
    return gather(piece);
  __m128 x[4];
  for (int i = 0; i < 4; ++i)
    x[i] = _mm_loadu_ps(reinterpret_cast<const float *>(piece.in + i * piece.lane_stride));
  _MM_TRANSPOSE4_PS(x[0], x[1], x[2], x[3]);
  for (int p = 0; p < 4; ++p)
    _mm_storeu_ps(reinterpret_cast<float *>(piece.out + p * piece.width), x[p]);
}

inline void transpose_block(const Piece<8> &piece) {
  if (piece.steps < 4 || piece.lanes < 4)
    return gather(piece);
  __m256i x[4];
  for (int i = 0; i < 4; ++i)
    x[i] = load_whole(piece.in + i * piece.lane_stride);
  const __m256i a = _mm256_unpacklo_epi64(x[0], x[1]), b = _mm256_unpackhi_epi64(x[0], x[1]);
  const __m256i c = _mm256_unpacklo_epi64(x[2], x[3]), d = _mm256_unpackhi_epi64(x[2], x[3]);
  store_whole(piece.out, _mm256_permute2x128_si256(a, c, 0x20));
  store_whole(piece.out + piece.width, _mm256_permute2x128_si256(b, d, 0x20));
  store_whole(piece.out + 2 * piece.width, _mm256_permute2x128_si256(a, c, 0x31));
  store_whole(piece.out + 3 * piece.width, _mm256_permute2x128_si256(b, d, 0x31));
}

template <int Bytes>
constexpr int64_t kBlock = 4;

#endif

// Blocks run along the steps first: the lines of one block's lanes stay in cache for the next block.
template <int Bytes>
void transpose(const Piece<Bytes> &piece) {
  if constexpr (Bytes < 4) {
    gather(piece);
  } else {
    for (int64_t lane = 0; lane < piece.stored; lane += kBlock<Bytes>) {
      Piece<Bytes> block = piece;
      block.in = piece.in + lane * piece.lane_stride;
      block.out = piece.out + lane;
      block.lanes = smaller(piece.lanes - lane, kBlock<Bytes>);
      block.stored = smaller(piece.stored - lane, kBlock<Bytes>);
      for (int64_t p = 0; p < piece.steps; p += kBlock<Bytes>) {
        block.steps = smaller(piece.steps - p, kBlock<Bytes>);
        transpose_block(block);
        block.in += kBlock<Bytes>;
        block.out += kBlock<Bytes> * piece.width;
      }
    }
  }
}

// Adjacent lanes are copied a few steps at a time across all panels: rows of the matrix are read as streams.
template <int Bytes>
void copy_panels(const PackJob &job, Piece<Bytes> piece) {
  constexpr int64_t kSteps = 8;
  const auto *in = piece.in;
  auto *out = piece.out;
  for (int64_t p = 0; p < job.kc; p += kSteps) {
    piece.steps = smaller(job.kc - p, kSteps);
    for (int64_t lane = 0, panel = 0; lane < job.lanes; lane += job.valid, ++panel) {
      piece.lanes = smaller(job.lanes - lane, job.valid);
      piece.in = in + p * job.k_stride + lane;
      piece.out = out + (panel * job.kc + p) * job.width;
      copy(piece);
    }
  }
}

template <int Bytes>
void pack(const PackJob *job) {
  using Element = typename Piece<Bytes>::Element;
  Piece<Bytes> piece;
  piece.lane_stride = job->lane_stride;
  piece.k_stride = job->k_stride;
  piece.width = piece.stored = job->width;
  piece.steps = job->kc;
  piece.in = static_cast<const Element *>(job->in);
  piece.out = static_cast<Element *>(job->out);
  if (job->lane_stride == 1)
    return copy_panels(*job, piece);
  for (int64_t lane = 0; lane < job->lanes; lane += job->valid) {
    piece.lanes = smaller(job->lanes - lane, job->valid);
    if (job->k_stride == 1) {
      transpose(piece);
    } else {
      gather(piece);
    }
    piece.in += job->valid * job->lane_stride;
    piece.out += job->kc * job->width;
  }
}

} // namespace
} // namespace etch::runtime
