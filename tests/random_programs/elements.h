// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/attrs.h"

#include <etch/tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace etch::test {

/// A small generator with the same numbers on every platform.
class Random {
public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}

  uint64_t bits();
  /// In [0, count); 0 for a count of 0.
  int64_t below(int64_t count) { return count <= 0 ? 0 : static_cast<int64_t>(bits() % static_cast<uint64_t>(count)); }
  /// In [first, last].
  int64_t between(int64_t first, int64_t last) { return first + below(last - first + 1); }
  bool chance(double probability) { return uniform() < probability; }
  /// In [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  template <class T>
  const T &pick(const std::vector<T> &choices) {
    return choices[static_cast<size_t>(below(static_cast<int64_t>(choices.size())))];
  }

private:
  uint64_t state_;
};

enum class Elements {
  tame,  ///< floats in [-2, 2), integers in [-5, 5]
  edges, ///< as tame, but a third are ±0, infinities, NaN, denormals and extremes
  wild,  ///< any bits
};

/// One element.
ops::Scalar random_scalar(Random &random, DType dtype, Elements style);
Tensor random_tensor(Random &random, DType dtype, const Shape &shape, Elements style);
bool is_nan(const ops::Scalar &element);
/// Integers in [0, bound).
Tensor random_indices(Random &random, DType dtype, const Shape &shape, int64_t bound);
Tensor tensor_of(const std::vector<ops::Scalar> &elements, DType dtype, const Shape &shape);
std::vector<ops::Scalar> elements_of(const Tensor &tensor);
/// The tensor with `to` in place of every extent `from`, its elements repeated or left out.
Tensor resized(const Tensor &tensor, int64_t from, int64_t to);

/// Bytes that no machine holds: only views can be so large.
constexpr int64_t kBeyondMemory = int64_t{1} << 45;
/// "" when dtype, shape and bits agree, any NaN standing for any other; else what differs first. Of views beyond memory
/// the bits are not compared.
std::string difference(const Tensor &expected, const Tensor &got);

} // namespace etch::test
