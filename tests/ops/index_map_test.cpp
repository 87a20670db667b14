// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/index_map.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace etch::ops {
namespace {

// The source elements in the order in which the view shows them.
std::vector<int64_t> elements(const IndexMap &map) {
  std::vector<int64_t> sizes, strides, result;
  for (size_t axis = 0; axis < map.sizes.size(); ++axis) {
    sizes.push_back(map.sizes[axis].value());
    strides.push_back(map.strides[axis].value());
  }
  const int64_t count = std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = map.offset.value();
    for (int64_t axis = static_cast<int64_t>(sizes.size()) - 1, rest = i; axis >= 0; --axis) {
      at += rest % sizes[static_cast<size_t>(axis)] * strides[static_cast<size_t>(axis)];
      rest /= sizes[static_cast<size_t>(axis)];
    }
    result.push_back(at);
  }
  return result;
}

TEST(IndexMap, SeesThroughTransposeAndSlice) {
  const IndexMap map = IndexMap::contiguous({2, 3});
  EXPECT_TRUE(map.is_contiguous());
  const std::vector<int64_t> swapped{1, 0};
  EXPECT_EQ(elements(map.permute(swapped)), (std::vector<int64_t>{0, 3, 1, 4, 2, 5}));
  EXPECT_FALSE(map.permute(swapped).is_contiguous());
  EXPECT_EQ(elements(map.slice({0, 1}, {2, 2})), (std::vector<int64_t>{1, 2, 4, 5}));
  EXPECT_EQ(elements(map.slice({1, 0}, {1, 3})), (std::vector<int64_t>{3, 4, 5}));
  EXPECT_TRUE(map.slice({1, 0}, {1, 3}).is_contiguous());
}

TEST(IndexMap, RepeatsBroadcastDimensions) {
  EXPECT_EQ(elements(IndexMap::contiguous({2, 1}).broadcast_to({2, 2, 2})),
            (std::vector<int64_t>{0, 0, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(elements(IndexMap::contiguous({}).broadcast_to({3})), (std::vector<int64_t>{0, 0, 0}));
}

TEST(IndexMap, ReshapesViewsWhereStridesAllow) {
  const std::vector<int64_t> order{1, 0, 2};
  const IndexMap view = IndexMap::contiguous({2, 3, 4}).permute(order);
  const auto split = view.reshape({3, 2, 2, 2});
  ASSERT_TRUE(split);
  EXPECT_EQ(elements(*split), elements(view));
  EXPECT_FALSE(view.reshape({6, 4}));
  EXPECT_FALSE(view.reshape({24}));
}

TEST(IndexMap, ReshapesOverSymbols) {
  const Dim n = Dim::symbol("n"), m = Dim::symbol("m");
  const std::vector<int64_t> order{1, 0};
  const IndexMap view = IndexMap::contiguous({n, 6}).permute(order);
  const auto split = view.reshape({2, 3, n});
  ASSERT_TRUE(split);
  EXPECT_EQ(split->strides, (Dims{3, 1, 6}));
  EXPECT_FALSE(view.reshape({n * 6}));
  EXPECT_FALSE(view.reshape({m, 6}));
  EXPECT_TRUE(IndexMap::contiguous({n, m}).reshape({m * n}));
}

TEST(IndexMap, KeepsEmptyAndHugeShapesHarmless) {
  const int64_t huge = int64_t{1} << 62;
  const IndexMap map = IndexMap::contiguous({huge, huge, 0});
  EXPECT_TRUE(map.is_contiguous());
  EXPECT_TRUE(map.reshape({0, huge}));
}

// Whatever steps lead to a view, a reshape of it shows the same elements or declines.
TEST(IndexMap, RandomReshapesShowTheSameElements) {
  std::mt19937 random(7);
  const auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
  int reshaped = 0;
  for (int round = 0; round < 3000; ++round) {
    Dims sizes;
    for (size_t rank = below(5); sizes.size() < rank;)
      sizes.emplace_back(static_cast<int64_t>(1 + below(4)));
    IndexMap map = IndexMap::contiguous(sizes);
    std::vector<int64_t> order(sizes.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    if (below(2))
      std::shuffle(order.begin(), order.end(), random);
    map = map.permute(order);
    Dims begin, extent;
    for (const Dim &size : map.sizes) {
      begin.emplace_back(static_cast<int64_t>(below(static_cast<size_t>(size.value()))));
      extent.push_back(size - begin.back());
    }
    if (below(3) == 0)
      map = map.slice(begin, extent);
    int64_t rest = product(map.sizes).value();
    Dims target;
    while (rest > 1) {
      int64_t factor = static_cast<int64_t>(1 + below(static_cast<size_t>(rest)));
      while (rest % factor != 0)
        --factor;
      target.emplace_back(factor);
      rest /= factor;
    }
    const auto result = map.reshape(target);
    if (!result)
      continue;
    ++reshaped;
    ASSERT_EQ(elements(*result), elements(map)) << text_of(map.sizes) << " -> " << text_of(target);
  }
  EXPECT_GT(reshaped, 1000);
}

} // namespace
} // namespace etch::ops
