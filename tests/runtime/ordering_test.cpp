// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting and scans against plain loops written from docs/numerics.md.
#include "tests/runtime/error_text.h"
#include "tests/runtime/hook_call.h"
#include "tests/runtime/naive.h"

#include <etch/environment.h>
#include <etch/ops.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace etch {
namespace {

/// Smaller first (or larger), NaN after all numbers.
template <class T>
bool comes_before(T a, T b, bool descending) {
  if (a != a || b != b)
    return a == a && b != b;
  return descending ? b < a : a < b;
}

template <class T>
std::vector<T> with_edges(std::mt19937 &random, int64_t count) {
  std::vector<T> elements = naive::random_elements<T>(random, count, 5);
  const std::vector<T> edges{std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max(), T{0}};
  for (T &element : elements) {
    if (random() % 6 == 0)
      element = edges[random() % edges.size()];
    if constexpr (std::is_floating_point_v<T>) {
      const std::vector<T> special{std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(), T(-0.0),
                                   -std::numeric_limits<T>::infinity(), std::numeric_limits<T>::denorm_min()};
      if (random() % 4 == 0)
        element = special[random() % special.size()];
    }
  }
  return elements;
}

template <class T>
void expect_sorted(const Shape &shape, int axis, bool descending, uint32_t seed) {
  std::mt19937 random(seed);
  const std::vector<T> x = with_edges<T>(random, shape.size());
  std::vector<int64_t> want(x.size());
  std::vector<int64_t> outer(shape.begin(), shape.end());
  const int64_t n = shape[axis];
  outer[static_cast<size_t>(axis)] = 1;
  naive::for_each(Shape(outer), [&](naive::Index index) {
    const auto at = [&](int64_t i) {
      index[static_cast<size_t>(axis)] = i;
      return static_cast<size_t>(naive::flat(shape, index));
    };
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), int64_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return comes_before(x[at(a)], x[at(b)], descending); });
    for (int64_t i = 0; i < n; ++i)
      want[at(i)] = order[static_cast<size_t>(i)];
  });
  const Tensor tensor = from_vector(x, shape);
  EXPECT_EQ(argsort(tensor, axis, descending).to_vector<int64_t>(), want) << shape.text() << " axis " << axis;
  const Tensor sorted = sort(tensor, axis, descending);
  EXPECT_TRUE(naive::same(sorted.to_vector<T>(),
                          take_along_axis(tensor, from_vector(want, shape), axis).template to_vector<T>()));
}

TEST(Sort, IsStableWithNanLast) {
  uint32_t seed = 1;
  for (const bool descending : {false, true})
    for (const Shape &shape : {Shape({1}), Shape({1000}), Shape({3, 70}), Shape({70, 3}), Shape({2, 0, 3}),
                               Shape({5, 33, 2}), Shape({20000})})
      for (int axis = 0; axis < shape.rank(); ++axis) {
        expect_sorted<float>(shape, axis, descending, seed++);
        expect_sorted<double>(shape, axis, descending, seed++);
        expect_sorted<int8_t>(shape, axis, descending, seed++);
        expect_sorted<uint8_t>(shape, axis, descending, seed++);
        expect_sorted<int64_t>(shape, axis, descending, seed++);
      }
}

TEST(Sort, OfBoolsAndHalves) {
  EXPECT_EQ(argsort(constant({true, false, true})).to_vector<int64_t>(), (std::vector<int64_t>{1, 0, 2}));
  EXPECT_EQ(sort(constant({true, false, true}), 0, true).to_vector<bool>(), (std::vector<bool>{true, true, false}));
  const Tensor halves = cast(constant({3.f, -1.f, NAN, 2.f}), DType::bf16);
  EXPECT_EQ(argsort(halves).to_vector<int64_t>(), (std::vector<int64_t>{1, 3, 0, 2}));
  EXPECT_EQ(error_text([] { sort(constant(1.f), 0); }), "sort: needs a dimension to work along, got f32[]");
}

TEST(TopK, IsTheBeginningOfTheDescendingOrder) {
  std::mt19937 random(3);
  for (const int64_t n : {1, 5, 100, 3000})
    for (const int64_t k : {int64_t{0}, int64_t{1}, n / 2, n}) {
      const Tensor x = from_vector(with_edges<float>(random, 3 * n), Shape({3, n}));
      const auto [values, indices] = top_k(x, k);
      const Tensor order = slice(argsort(x, -1, true), {0, 0}, {3, k});
      EXPECT_EQ(indices.to_vector<int64_t>(), order.to_vector<int64_t>());
      EXPECT_TRUE(naive::same(values.to_vector<float>(), take_along_axis(x, order, 1).to_vector<float>()));
    }
  EXPECT_EQ(error_text([] { top_k(zeros({3}), 4); }),
            "top_k: k must be in [0, extent of the last axis], got f32[3] and k 4");
  EXPECT_EQ(error_text([] { top_k(zeros({3}), -1); }),
            "top_k: k must be in [0, extent of the last axis], got f32[3] and k -1");
  EXPECT_EQ(error_text([] { top_k(constant(1.f)); }), "top_k: x must have rank 1 or more, got f32[]");
}

/// Section 5 of docs/numerics.md, for one row.
template <class T, class Join>
std::vector<T> scanned(const std::vector<T> &x, T identity, T empty, bool exclusive, bool reverse, Join join) {
  std::vector<T> row(reverse ? std::vector<T>(x.rbegin(), x.rend()) : x), result(x.size());
  T offset = identity, partial{};
  for (size_t i = 0; i < row.size(); ++i) {
    partial = i % 128 == 0 ? row[i] : join(partial, row[i]);
    result[i] = join(offset, partial);
    if (i % 128 == 127)
      offset = join(offset, partial);
  }
  if (exclusive && !result.empty()) {
    result.pop_back();
    result.insert(result.begin(), empty);
  }
  return reverse ? std::vector<T>(result.rbegin(), result.rend()) : result;
}

template <class T>
void expect_scans(const Shape &shape, int axis, bool exclusive, bool reverse, uint32_t seed) {
  std::mt19937 random(seed);
  const std::vector<T> x = naive::random_elements<T>(random, shape.size(), 3);
  std::vector<T> sums(x.size()), products(x.size());
  std::vector<int64_t> outer(shape.begin(), shape.end());
  outer[static_cast<size_t>(axis)] = 1;
  naive::for_each(Shape(outer), [&](naive::Index index) {
    std::vector<size_t> places;
    std::vector<T> row;
    for (index[static_cast<size_t>(axis)] = 0; index[static_cast<size_t>(axis)] < shape[axis];
         ++index[static_cast<size_t>(axis)]) {
      places.push_back(static_cast<size_t>(naive::flat(shape, index)));
      row.push_back(x[places.back()]);
    }
    const auto sum = scanned<T>(row, std::is_floating_point_v<T> ? T(-0.0) : T{0}, T{0}, exclusive, reverse,
                                [](T a, T b) { return static_cast<T>(a + b); });
    const auto product =
        scanned<T>(row, T{1}, T{1}, exclusive, reverse, [](T a, T b) { return static_cast<T>(a * b); });
    for (size_t i = 0; i < places.size(); ++i) {
      sums[places[i]] = sum[i];
      products[places[i]] = product[i];
    }
  });
  const Tensor tensor = from_vector(x, shape);
  EXPECT_TRUE(naive::same(cumsum(tensor, axis, exclusive, reverse).to_vector<T>(), sums)) << shape.text();
  EXPECT_TRUE(naive::same(cumprod(tensor, axis, exclusive, reverse).to_vector<T>(), products)) << shape.text();
}

TEST(Scans, FollowTheOrderOfBlocks) {
  uint32_t seed = 1;
  for (const Shape &shape : {Shape({1}), Shape({127}), Shape({128}), Shape({129}), Shape({1000}), Shape({3, 300}),
                             Shape({300, 3}), Shape({257, 40}), Shape({2, 130, 17}), Shape({0, 3}), Shape({3, 0})})
    for (int axis = 0; axis < shape.rank(); ++axis)
      for (const bool exclusive : {false, true})
        for (const bool reverse : {false, true}) {
          expect_scans<float>(shape, axis, exclusive, reverse, seed++);
          expect_scans<double>(shape, axis, exclusive, reverse, seed++);
          expect_scans<uint8_t>(shape, axis, exclusive, reverse, seed++);
          expect_scans<int64_t>(shape, axis, exclusive, reverse, seed++);
        }
}

TEST(Scans, HaveTheGradientOfEveryProductThroughZerosToo) {
  for (const std::vector<double> &x : std::vector<std::vector<double>>{
           {2, -3, 0.5, 4, 1.5}, {2, 0, 3, 5, -1}, {0, 2, 0, 3, 4}, {1, 2, 3, 4, 0}, {0, 0, 0, 0, 0}})
    for (const bool exclusive : {false, true})
      for (const bool reverse : {false, true}) {
        const std::vector<double> dy{1, -2, 0.25, 3, 0.5};
        std::vector<double> expected(5);
        for (size_t i = 0; i < 5; ++i)
          for (size_t j = 0; j < 5; ++j) {
            const auto is_factor = [&](size_t k) { return (reverse ? k > i : k < i) || (k == i && !exclusive); };
            double rest = 1;
            for (size_t k = 0; k < 5; ++k)
              rest *= is_factor(k) && k != j ? x[k] : 1;
            expected[j] += is_factor(j) ? dy[i] * rest : 0;
          }
        const Tensor operand = from_vector(x), y = cumprod(operand, 0, exclusive, reverse);
        const Tensor got =
            test::vjp_of("cumprod", {operand}, {int64_t{0}, exclusive, reverse}, y, from_vector(dy)).at(0);
        for (size_t j = 0; j < 5; ++j)
          EXPECT_NEAR(got.to_vector<double>()[j], expected[j], 1e-13) << j << " " << exclusive << " " << reverse;
      }
}

TEST(Scans, OfHalvesAccumulateInF32) {
  const Tensor x = cast(ones({3000}), DType::bf16);
  const std::vector<float> sums = cast(cumsum(x), DType::f32).to_vector<float>();
  EXPECT_EQ(sums[2999], cast(cast(constant(3000.f), DType::bf16), DType::f32).item<float>());
}

} // namespace
} // namespace etch
