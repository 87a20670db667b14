// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Philox4x32-10: J. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A block of four words is
// a function of its counter and the key alone, so blocks may be computed in any order by any thread.
#include "runtime/opaque.h"
#include "runtime/thread_pool.h"

#include <algorithm>
#include <array>
#include <bit>

namespace etch::runtime::hooks {
namespace {

constexpr int kRounds = 10;
// Blocks computed side by side, so that the compiler finds vectors.
constexpr int64_t kLanes = 16;
constexpr int64_t kGrain = 1 << 8;

struct State {
  uint64_t counter, stream, key;
};

using Lanes = std::array<uint32_t, kLanes>;

/// The words of kLanes blocks, the first of which is number `first` of the draw.
std::array<Lanes, 4> philox(const State &state, uint64_t first) {
  std::array<Lanes, 4> c;
  for (int64_t i = 0; i < kLanes; ++i) {
    const uint64_t counter = state.counter + first + static_cast<uint64_t>(i);
    const auto at = static_cast<size_t>(i);
    c[0][at] = static_cast<uint32_t>(counter);
    c[1][at] = static_cast<uint32_t>(counter >> 32);
    c[2][at] = static_cast<uint32_t>(state.stream);
    c[3][at] = static_cast<uint32_t>(state.stream >> 32);
  }
  uint32_t k0 = static_cast<uint32_t>(state.key), k1 = static_cast<uint32_t>(state.key >> 32);
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < kLanes; ++i) {
      const uint64_t a = uint64_t{0xD2511F53} * c[0][i], b = uint64_t{0xCD9E8D57} * c[2][i];
      c[0][i] = static_cast<uint32_t>(b >> 32) ^ c[1][i] ^ k0;
      c[2][i] = static_cast<uint32_t>(a >> 32) ^ c[3][i] ^ k1;
      c[1][i] = static_cast<uint32_t>(b);
      c[3][i] = static_cast<uint32_t>(a);
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

/// Elements of 32 or 64 bits, the words of a block one after the other.
template <class Word>
void fill(const State &state, int64_t digits, Word *out, int64_t size) {
  constexpr int64_t kPerBlock = 16 / sizeof(Word), kPerGroup = kLanes * kPerBlock;
  const int64_t dropped = 8 * static_cast<int64_t>(sizeof(Word)) - digits;
  parallel_for((size + kPerGroup - 1) / kPerGroup, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      const auto words = philox(state, static_cast<uint64_t>(group * kLanes));
      std::array<Word, kPerGroup> elements;
      for (size_t i = 0; i < kLanes; ++i)
        for (size_t j = 0; j < kPerBlock; ++j) {
          Word &element = elements[i * kPerBlock + j];
          if constexpr (sizeof(Word) == 8)
            element = words[2 * j][i] | static_cast<uint64_t>(words[2 * j + 1][i]) << 32;
          else
            element = words[j][i];
          element >>= dropped;
        }
      const int64_t first = group * kPerGroup;
      std::copy_n(elements.begin(), std::min(kPerGroup, size - first), out + first);
    }
  });
}

} // namespace

void random_bits(const OpaqueCall &call) {
  const int64_t *const numbers = call.operands[0].as<const int64_t>();
  const State state{static_cast<uint64_t>(numbers[0]), static_cast<uint64_t>(numbers[1]),
                    static_cast<uint64_t>(numbers[2])};
  const int64_t digits = std::get<int64_t>(call.attrs[1]);
  const OpaqueBuffer &result = call.results[0];
  if (result.dtype == DType::i64)
    fill(state, digits, result.as<uint64_t>(), result.size());
  else
    fill(state, digits, result.as<uint32_t>(), result.size());
}

} // namespace etch::runtime::hooks
