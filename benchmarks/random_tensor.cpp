// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "benchmarks/random_tensor.h"

#include <vector>

namespace etch::benchmarks {
namespace {

// SplitMix64: unlike the standard library's distributions it is the same everywhere.
uint64_t next(uint64_t &state) {
  uint64_t bits = state += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

} // namespace

Tensor random_floats(const Shape &shape, uint64_t seed, float low, float high) {
  std::vector<float> elements(static_cast<size_t>(shape.size()));
  for (float &element : elements)
    element = low + (high - low) * (static_cast<float>(next(seed) >> 40) * 0x1p-24f);
  return from_vector(elements, shape);
}

Tensor random_classes(int64_t count, int64_t classes, uint64_t seed) {
  std::vector<int64_t> elements(static_cast<size_t>(count));
  for (int64_t &element : elements)
    element = static_cast<int64_t>(next(seed) % static_cast<uint64_t>(classes));
  return from_vector(elements);
}

} // namespace etch::benchmarks
