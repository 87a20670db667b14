// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gathers and scatters against plain loops, and what becomes of indices outside their axis.
#include "tests/runtime/error_text.h"
#include "tests/runtime/naive.h"

#include <etch/environment.h>
#include <etch/ops.h>

#include <gtest/gtest.h>

#include <limits>

namespace etch {
namespace {

using naive::Index;

/// The index of the element of a slice that `index`, of indices' shape put in the place of the axis, chooses.
Index chosen(const Index &index, size_t axis, int indices_rank, int64_t number) {
  Index result(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(axis));
  result.push_back(number);
  result.insert(result.end(), index.begin() + static_cast<std::ptrdiff_t>(axis) + indices_rank, index.end());
  return result;
}

Index part(const Index &index, size_t begin, int count) {
  const auto first = index.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + count};
}

template <class T>
void expect_scatter_add(const Shape &shape, const Shape &indices_shape, int64_t axis, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int64_t> dims(shape.begin(), shape.begin() + axis);
  dims.insert(dims.end(), indices_shape.begin(), indices_shape.end());
  dims.insert(dims.end(), shape.begin() + axis + 1, shape.end());
  const Shape updates_shape(dims);
  std::vector<T> want = naive::random_elements<T>(random, shape.size());
  const Tensor destination = from_vector(want, shape);
  const std::vector<T> updates = naive::random_elements<T>(random, updates_shape.size());
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < indices_shape.size(); ++i)
    indices.push_back(static_cast<int64_t>(random() % static_cast<uint32_t>(shape[static_cast<int>(axis)])));
  int64_t next = 0;
  naive::for_each(updates_shape, [&](const Index &index) {
    const int64_t at = naive::flat(indices_shape, part(index, static_cast<size_t>(axis), indices_shape.rank()));
    const Index to = chosen(index, static_cast<size_t>(axis), indices_shape.rank(), indices[static_cast<size_t>(at)]);
    T &element = want[static_cast<size_t>(naive::flat(shape, to))];
    element = static_cast<T>(element + updates[static_cast<size_t>(next++)]);
  });
  const Tensor got =
      scatter_add(destination, from_vector(indices, indices_shape), from_vector(updates, updates_shape), axis);
  EXPECT_TRUE(naive::same(got.to_vector<T>(), want)) << shape.text() << " " << indices_shape.text() << " " << axis;
}

TEST(ScatterAdd, AddsInTheOrderOfTheIndices) {
  const int before = thread_count();
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    uint32_t seed = 1;
    for (const Shape &shape : {Shape({7}), Shape({5, 3}), Shape({3, 4, 200}), Shape({1, 2}), Shape({40, 1, 3})})
      for (const Shape &indices : {Shape({}), Shape({0}), Shape({9}), Shape({2, 3}), Shape({300})})
        for (int64_t axis = 0; axis < shape.rank(); ++axis) {
          expect_scatter_add<float>(shape, indices, axis, seed++);
          expect_scatter_add<int8_t>(shape, indices, axis, seed++);
          expect_scatter_add<double>(shape, indices, axis, seed++);
        }
  }
  set_thread_count(before);
}

TEST(ScatterAdd, IsTheGradientOfGather) {
  const Tensor x = constant({{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}}), indices = constant({2, 0, 2});
  const Tensor u = gather(x, indices);
  // <u, gather(x)> = <scatter_add(0, u), x>
  const float left = reduce_sum(u * gather(x, indices)).item<float>();
  EXPECT_EQ(reduce_sum(scatter_add(zeros({3, 2}), indices, u) * x).item<float>(), left);
}

TEST(Indices, OutsideTheAxisFollowTheMode) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min(), kHigh = std::numeric_limits<int64_t>::max();
  const Tensor x = constant({1.f, 2.f, 3.f}), far = constant({kLow, int64_t{-1}, int64_t{1}, int64_t{3}, kHigh});
  EXPECT_EQ(gather(x, far, 0, "clip").to_vector<float>(), (std::vector<float>{1, 1, 2, 3, 3}));
  EXPECT_EQ(gather(x, far, 0, "fill").to_vector<float>(), (std::vector<float>{0, 0, 2, 0, 0}));
  EXPECT_EQ(take_along_axis(x, far, 0, "clip").to_vector<float>(), (std::vector<float>{1, 1, 2, 3, 3}));
  EXPECT_EQ(take_along_axis(x, far, 0, "fill").to_vector<float>(), (std::vector<float>{0, 0, 2, 0, 0}));
  const Tensor ones = etch::ones({5});
  EXPECT_EQ(scatter_add(x, far, ones, 0, "clip").to_vector<float>(), (std::vector<float>{3, 3, 5}));
  EXPECT_EQ(scatter_add(x, far, ones, 0, "drop").to_vector<float>(), (std::vector<float>{1, 3, 3}));
  for (const auto &call :
       std::vector<std::function<Tensor()>>{[&] { return gather(x, far); }, [&] { return take_along_axis(x, far); },
                                            [&] { return scatter_add(x, far, ones); }})
    EXPECT_NE(error_text(call).find(": index must be in [0,3), got -9223372036854775808 at position 0"),
              std::string::npos)
        << error_text(call);
  EXPECT_EQ(error_text([&] { segment_sum(ones, cast(far, DType::i32) * 0 + 7, 2); }),
            "segment_sum: index must be in [0,2), got 7 at position 0");
}

TEST(Indices, OfAnEmptyAxisAreErrorsUnlessLeftOut) {
  const Tensor nothing = zeros({0, 2}), index = constant({0});
  EXPECT_EQ(error_text([&] { gather(nothing, index, 0, "clip"); }),
            "gather: index must be in [0,0), got 0 at position 0");
  EXPECT_EQ(gather(nothing, index, 0, "fill").to_vector<float>(), (std::vector<float>{0, 0}));
  EXPECT_EQ(scatter_add(nothing, index, zeros({1, 2}), 0, "drop").shape(), Shape({0, 2}));
  EXPECT_EQ(error_text([&] { scatter_add(nothing, index, zeros({1, 2}), 0, "clip"); }),
            "scatter_add: index must be in [0,0), got 0 at position 0");
}

TEST(TakeAlongAxis, ChoosesForEachPlace) {
  std::mt19937 random(5);
  const Shape shape({4, 5, 6}), indices_shape({4, 9, 6});
  const std::vector<double> x = naive::random_elements<double>(random, shape.size());
  std::vector<int32_t> indices;
  for (int64_t i = 0; i < indices_shape.size(); ++i)
    indices.push_back(static_cast<int32_t>(random() % 5));
  std::vector<double> want;
  naive::for_each(indices_shape, [&](Index index) {
    index[1] = indices[static_cast<size_t>(naive::flat(indices_shape, index))];
    want.push_back(x[static_cast<size_t>(naive::flat(shape, index))]);
  });
  const Tensor got = take_along_axis(from_vector(x, shape), from_vector(indices, indices_shape), 1);
  EXPECT_EQ(got.to_vector<double>(), want);
}

TEST(SegmentSum, AddsSlicesOfOneId) {
  const Tensor x = constant({{1, 2}, {3, 4}, {5, 6}});
  EXPECT_EQ(segment_sum(x, constant({1, 3, 1}), 5).to_vector<int32_t>(),
            (std::vector<int32_t>{0, 0, 6, 8, 0, 0, 3, 4, 0, 0}));
  EXPECT_EQ(segment_sum(zeros({0, 2}), zeros({0}, DType::i64), 2).to_vector<float>(), (std::vector<float>(4, 0)));
  // Starts at +0, so a segment of -0 is +0.
  EXPECT_FALSE(std::signbit(segment_sum(constant({-0.f}), constant({0}), 1).to_vector<float>()[0]));
}

} // namespace
} // namespace etch
