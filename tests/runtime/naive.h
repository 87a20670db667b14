// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <cstring>
#include <functional>
#include <random>
#include <vector>

// What tests compare the runtime with: plain loops over elements in row-major order.
namespace etch::naive {

using Index = std::vector<int64_t>;

/// Calls f(index) for every position of the shape, in row-major order.
inline void for_each(const Shape &shape, const std::function<void(const Index &)> &f) {
  if (shape.size() == 0)
    return;
  Index index(static_cast<size_t>(shape.rank()), 0);
  for (;;) {
    f(index);
    int axis = shape.rank() - 1;
    for (; axis >= 0; --axis) {
      if (++index[static_cast<size_t>(axis)] < shape[axis])
        break;
      index[static_cast<size_t>(axis)] = 0;
    }
    if (axis < 0)
      return;
  }
}

inline int64_t flat(const Shape &shape, const Index &index) {
  int64_t at = 0;
  for (int axis = 0; axis < shape.rank(); ++axis)
    at = at * shape[axis] + index[static_cast<size_t>(axis)];
  return at;
}

/// The position in an operand that broadcasting reads for a position of the result.
inline int64_t broadcast_flat(const Shape &operand, const Index &index) {
  int64_t at = 0;
  const size_t added = index.size() - static_cast<size_t>(operand.rank());
  for (int axis = 0; axis < operand.rank(); ++axis)
    at = at * operand[axis] + (operand[axis] == 1 ? 0 : index[added + static_cast<size_t>(axis)]);
  return at;
}

template <class T>
std::vector<T> random_elements(std::mt19937 &random, int64_t count, int limit = 100) {
  std::vector<T> elements;
  std::uniform_int_distribution<int> whole(std::is_unsigned_v<T> ? 0 : -limit, limit);
  std::uniform_real_distribution<double> real(-limit, limit);
  for (int64_t i = 0; i < count; ++i)
    elements.push_back(std::is_floating_point_v<T> ? static_cast<T>(real(random)) : static_cast<T>(whole(random)));
  return elements;
}

template <class T>
Tensor random_tensor(std::mt19937 &random, const Shape &shape, int limit = 100) {
  return from_vector(random_elements<T>(random, shape.size(), limit), shape);
}

/// Equal bits, or both NaN.
template <class T>
bool same(const std::vector<T> &a, const std::vector<T> &b) {
  if (a.size() != b.size())
    return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const T x = a[i], y = b[i];
    if (std::memcmp(&x, &y, sizeof x) != 0 && !(x != x && y != y))
      return false;
  }
  return true;
}

} // namespace etch::naive
