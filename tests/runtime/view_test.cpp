// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/strided_copy.h"
#include "tests/runtime/naive.h"

#include <etch/environment.h>
#include <etch/ops.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace etch {
namespace {

using naive::Index;

// A tensor next to its elements in row-major order, computed by loops.
struct Pair {
  Tensor tensor;
  Shape shape;
  std::vector<int32_t> elements;
};

Pair transposed(const Pair &x, const std::vector<int64_t> &permutation) {
  std::vector<int64_t> dims;
  for (int64_t axis : permutation)
    dims.push_back(x.shape[static_cast<int>(axis)]);
  Pair y{transpose(x.tensor, permutation), Shape(dims), {}};
  naive::for_each(y.shape, [&](const Index &index) {
    Index source(index.size());
    for (size_t axis = 0; axis < index.size(); ++axis)
      source[static_cast<size_t>(permutation[axis])] = index[axis];
    y.elements.push_back(x.elements[static_cast<size_t>(naive::flat(x.shape, source))]);
  });
  return y;
}

Pair sliced(const Pair &x, const std::vector<int64_t> &begin, const std::vector<int64_t> &size) {
  Pair y{slice(x.tensor, begin, size), Shape(size), {}};
  naive::for_each(y.shape, [&](Index index) {
    for (size_t axis = 0; axis < index.size(); ++axis)
      index[axis] += begin[axis];
    y.elements.push_back(x.elements[static_cast<size_t>(naive::flat(x.shape, index))]);
  });
  return y;
}

Pair broadcast(const Pair &x, const std::vector<int64_t> &dims) {
  Pair y{broadcast_to(x.tensor, dims), Shape(dims), {}};
  naive::for_each(y.shape, [&](const Index &index) {
    y.elements.push_back(x.elements[static_cast<size_t>(naive::broadcast_flat(x.shape, index))]);
  });
  return y;
}

Pair reshaped(const Pair &x, const std::vector<int64_t> &dims) {
  return {reshape(x.tensor, dims), Shape(dims), x.elements};
}

int64_t draw(std::mt19937 &random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

Pair start(std::mt19937 &random, bool allow_empty) {
  std::vector<int64_t> dims(static_cast<size_t>(draw(random, 0, 4)));
  for (int64_t &dim : dims)
    dim = draw(random, allow_empty && draw(random, 0, 5) == 0 ? 0 : 1, 5);
  const Shape shape(dims);
  std::vector<int32_t> elements(static_cast<size_t>(shape.size()));
  std::iota(elements.begin(), elements.end(), 0);
  return {from_vector(elements, shape), shape, elements};
}

Pair moved(std::mt19937 &random, const Pair &x) {
  std::vector<int64_t> dims(x.shape.begin(), x.shape.end());
  switch (draw(random, 0, 3)) {
  case 0: {
    std::vector<int64_t> permutation(dims.size());
    std::iota(permutation.begin(), permutation.end(), 0);
    std::shuffle(permutation.begin(), permutation.end(), random);
    return transposed(x, permutation);
  }
  case 1: {
    std::vector<int64_t> begin, size;
    for (int64_t dim : dims) {
      begin.push_back(draw(random, 0, dim));
      size.push_back(draw(random, 0, dim - begin.back()));
    }
    return sliced(x, begin, size);
  }
  case 2:
    for (int64_t &dim : dims)
      if (dim == 1)
        dim = draw(random, 0, 3);
    if (dims.size() < 5)
      dims.insert(dims.begin(), draw(random, 1, 3));
    return broadcast(x, dims);
  default:
    if (dims.size() >= 2 && draw(random, 0, 1)) {
      const size_t axis = static_cast<size_t>(draw(random, 0, static_cast<int64_t>(dims.size()) - 2));
      dims[axis] *= dims[axis + 1];
      dims.erase(dims.begin() + static_cast<long>(axis) + 1);
    } else {
      dims.insert(dims.begin() + draw(random, 0, static_cast<int64_t>(dims.size())), 1);
    }
    return reshaped(x, dims);
  }
}

TEST(Views, AnyChainOfMovementsReadsTheRightElements) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    Pair x = start(random, round % 2 == 0);
    for (int step = 0; step < 4 && x.shape.size() < 5000; ++step) {
      x = moved(random, x);
      ASSERT_EQ(x.tensor.shape(), x.shape) << round;
    }
    ASSERT_EQ(x.tensor.to_vector<int32_t>(), x.elements) << round << " " << x.shape;
  }
}

TEST(Views, ConcatenatesViews) {
  const Tensor a = transpose(constant({{1, 2}, {3, 4}}));
  const Tensor b = broadcast_to(constant({{7}, {8}}), {2, 3});
  EXPECT_EQ(concat({a, b}, 1).to_vector<int32_t>(), (std::vector<int32_t>{1, 3, 7, 7, 7, 2, 4, 8, 8, 8}));
  EXPECT_EQ(concat({a, a}, 0).shape(), Shape({4, 2}));
  EXPECT_EQ(concat({slice(a, {0, 0}, {0, 2}), a}, 0).to_vector<int32_t>(), (std::vector<int32_t>{1, 3, 2, 4}));
  EXPECT_EQ(concat({a}, -1).to_vector<int32_t>(), (std::vector<int32_t>{1, 3, 2, 4}));
  const Tensor empty = slice(a, {0, 0}, {2, 0});
  EXPECT_EQ(concat({empty, empty}, 1).shape(), Shape({2, 0}));
  EXPECT_EQ(concat({empty, empty}, 0).shape(), Shape({4, 0}));
}

TEST(Views, HighRanksWork) {
  std::vector<int64_t> dims(32, 1);
  dims[3] = 2;
  dims[30] = 3;
  const Tensor t = reshape(constant({1, 2, 3, 4, 5, 6}), dims);
  const Tensor back = transpose(t);
  EXPECT_EQ(back.dim(1), 3);
  EXPECT_EQ(back.dim(28), 2);
  EXPECT_EQ(back.to_vector<int32_t>(), (std::vector<int32_t>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ((back + back).to_vector<int32_t>(), (std::vector<int32_t>{2, 8, 4, 10, 6, 12}));
}

template <class T>
void expect_transposed(const std::vector<int64_t> &dims, const std::vector<int64_t> &permutation) {
  const Shape shape(dims);
  std::vector<T> elements(static_cast<size_t>(shape.size()));
  std::iota(elements.begin(), elements.end(), T{0});
  const Tensor result = transpose(from_vector(elements, shape), permutation);
  std::vector<T> expected;
  naive::for_each(result.shape(), [&](const Index &index) {
    Index source(index.size());
    for (size_t axis = 0; axis < index.size(); ++axis)
      source[static_cast<size_t>(permutation[axis])] = index[axis];
    expected.push_back(elements[static_cast<size_t>(naive::flat(shape, source))]);
  });
  EXPECT_EQ(result.to_vector<T>(), expected);
}

TEST(Views, LargeTransposesAreCopiedInTiles) {
  const int before = thread_count();
  for (int threads : {1, 3}) {
    set_thread_count(threads);
    expect_transposed<float>({513, 257}, {1, 0});
    expect_transposed<double>({33, 70, 65}, {0, 2, 1});
    expect_transposed<int8_t>({31, 33, 129}, {2, 1, 0});
    expect_transposed<int16_t>({65, 3, 40, 9}, {3, 1, 0, 2});
  }
  set_thread_count(before);
}

} // namespace
} // namespace etch
