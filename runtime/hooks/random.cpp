// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Philox4x32-10: J. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A block of four words is
// a function of its counter and the key alone, so blocks may be computed in any order by any thread.
#include "runtime/opaque.h"
#include "runtime/thread_pool.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

// Every machine that etch runs on has AVX2; functions that use its types must say so.
#define ETCH_AVX2 __attribute__((target("avx2")))

namespace etch::runtime::hooks {
namespace {

constexpr int kRounds = 10;
// A vector has one word each of four blocks, in the low halves of its lanes: what the widening product reads. The high
// halves hold whatever they hold. Two vectors of each word hide the latency of the products.
constexpr int kVectors = 2;
constexpr int64_t kBlockBytes = 16, kGroupBlocks = 4 * kVectors, kGroupBytes = kGroupBlocks * kBlockBytes;
constexpr int64_t kGrain = 1 << 8;

struct State {
  int64_t counter, stream, key;
};

/// What of each word of `width` bits is kept.
struct Digits {
  int64_t width, dropped;
};

/// Four blocks: their words one after the other, in memory's order.
ETCH_AVX2 void store(__m256i c0, __m256i c1, __m256i c2, __m256i c3, Digits digits, char *out) {
  const __m256i low = _mm256_set1_epi64x(0xffffffff);
  const __m256i first = _mm256_or_si256(_mm256_and_si256(c0, low), _mm256_slli_epi64(c1, 32));
  const __m256i second = _mm256_or_si256(_mm256_and_si256(c2, low), _mm256_slli_epi64(c3, 32));
  const __m256i even = _mm256_unpacklo_epi64(first, second), odd = _mm256_unpackhi_epi64(first, second);
  const __m128i dropped = _mm_cvtsi64_si128(digits.dropped);
  __m256i *const to = reinterpret_cast<__m256i *>(out);
  for (const bool upper : {false, true}) {
    const __m256i words =
        upper ? _mm256_permute2x128_si256(even, odd, 0x31) : _mm256_permute2x128_si256(even, odd, 0x20);
    const __m256i kept = digits.width == 64 ? _mm256_srl_epi64(words, dropped) : _mm256_srl_epi32(words, dropped);
    _mm256_storeu_si256(to + upper, kept);
  }
}

/// kGroupBlocks blocks, the first of which is number `first` of the draw.
ETCH_AVX2 void write_group(const State &state, int64_t first, Digits digits, char *out) {
  __m256i c[4][kVectors];
  for (int v = 0; v < kVectors; ++v) {
    c[0][v] = _mm256_add_epi64(_mm256_set1_epi64x(state.counter + first + 4 * v), _mm256_setr_epi64x(0, 1, 2, 3));
    c[1][v] = _mm256_srli_epi64(c[0][v], 32);
    c[2][v] = _mm256_set1_epi64x(state.stream);
    c[3][v] = _mm256_srli_epi64(c[2][v], 32);
  }
  const __m256i m0 = _mm256_set1_epi64x(0xD2511F53), m1 = _mm256_set1_epi64x(0xCD9E8D57);
  __m256i k0 = _mm256_set1_epi64x(state.key), k1 = _mm256_srli_epi64(k0, 32);
  for (int round = 0; round < kRounds; ++round) {
    for (int v = 0; v < kVectors; ++v) {
      const __m256i a = _mm256_mul_epu32(c[0][v], m0), b = _mm256_mul_epu32(c[2][v], m1);
      c[0][v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(b, 32), c[1][v]), k0);
      c[2][v] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(a, 32), c[3][v]), k1);
      c[1][v] = b;
      c[3][v] = a;
    }
    k0 = _mm256_add_epi32(k0, _mm256_set1_epi64x(0x9E3779B9));
    k1 = _mm256_add_epi32(k1, _mm256_set1_epi64x(0xBB67AE85));
  }
  for (int v = 0; v < kVectors; ++v)
    store(c[0][v], c[1][v], c[2][v], c[3][v], digits, out + v * 4 * kBlockBytes);
}

} // namespace

void random_bits(const OpaqueCall &call) {
  const int64_t *const numbers = call.operands[0].as<const int64_t>();
  const State state{numbers[0], numbers[1], numbers[2]};
  const OpaqueBuffer &result = call.results[0];
  const int64_t width = 8 * static_cast<int64_t>(size_of(result.dtype)), bytes = result.size() * (width / 8);
  const Digits digits{width, width - std::get<int64_t>(call.attrs[1])};
  char *const out = result.as<char>();
  parallel_for((bytes + kGroupBytes - 1) / kGroupBytes, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      char *const to = out + group * kGroupBytes;
      const int64_t left = bytes - group * kGroupBytes;
      if (left >= kGroupBytes) {
        write_group(state, group * kGroupBlocks, digits, to);
      } else {
        char last[kGroupBytes];
        write_group(state, group * kGroupBlocks, digits, last);
        std::memcpy(to, last, static_cast<size_t>(left));
      }
    }
  });
}

} // namespace etch::runtime::hooks
