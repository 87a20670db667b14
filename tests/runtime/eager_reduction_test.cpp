// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/runtime/error_text.h"
#include "tests/runtime/naive.h"

#include <etch/environment.h>
#include <etch/ops.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace etch {
namespace {

// The order of docs/numerics.md, written down a second time.
template <class T>
struct Sum {
  static T init() { return static_cast<T>(-0.0); }
  static T empty() { return T{0}; }
  static T combine(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    else
      return a + b;
  }
};
template <class T>
struct Max {
  static T init() {
    return std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  }
  static T empty() { return init(); }
  static T combine(T a, T b) {
    if (a != a || b != b)
      return a != a ? a : b;
    if (a == b)
      return std::signbit(static_cast<double>(a)) ? b : a;
    return a > b ? a : b;
  }
};

template <class Op, class T>
T pairwise(const std::vector<T> &blocks) {
  std::vector<std::pair<T, int>> stack;
  for (T block : blocks) {
    int level = 0;
    while (!stack.empty() && stack.back().second == level) {
      block = Op::combine(stack.back().first, block);
      stack.pop_back();
      ++level;
    }
    stack.emplace_back(block, level);
  }
  T value = stack.back().first;
  for (size_t i = stack.size() - 1; i-- > 0;)
    value = Op::combine(stack[i].first, value);
  return value;
}

template <class Op, class T>
T row(const std::vector<T> &x) {
  if (x.empty())
    return Op::empty();
  std::vector<T> blocks;
  for (size_t begin = 0; begin < x.size(); begin += 16384) {
    std::vector<T> p(64, Op::init());
    for (size_t i = begin; i < std::min(begin + 16384, x.size()); ++i)
      p[(i - begin) % 64] = Op::combine(p[(i - begin) % 64], x[i]);
    for (size_t w = 32; w > 0; w /= 2)
      for (size_t j = 0; j < w; ++j)
        p[j] = Op::combine(p[j], p[j + w]);
    blocks.push_back(p[0]);
  }
  return pairwise<Op>(blocks);
}

template <class Op, class T>
T column(const std::vector<T> &x) {
  if (x.empty())
    return Op::empty();
  std::vector<T> blocks;
  for (size_t begin = 0; begin < x.size(); begin += 128) {
    T fold = Op::init();
    for (size_t i = begin; i < std::min(begin + 128, x.size()); ++i)
      fold = Op::combine(fold, x[i]);
    blocks.push_back(fold);
  }
  return pairwise<Op>(blocks);
}

template <class Op, class T>
std::vector<T> naive_reduce(std::vector<T> x, std::vector<int64_t> dims, const std::vector<bool> &reduced) {
  std::vector<bool> flags = reduced;
  size_t end = dims.size();
  while (end > 0) {
    while (end > 0 && !flags[end - 1])
      --end;
    if (end == 0)
      break;
    size_t begin = end;
    while (begin > 0 && flags[begin - 1])
      --begin;
    const bool innermost = end == reduced.size();
    size_t outer = 1, count = 1, inner = 1;
    for (size_t d = 0; d < dims.size(); ++d)
      (d < begin ? outer : d < end ? count : inner) *= static_cast<size_t>(dims[d]);
    std::vector<T> next;
    for (size_t o = 0; o < outer; ++o)
      for (size_t i = 0; i < inner; ++i) {
        std::vector<T> line;
        for (size_t c = 0; c < count; ++c)
          line.push_back(x[(o * count + c) * inner + i]);
        next.push_back(innermost ? row<Op>(line) : column<Op>(line));
      }
    x = next;
    dims.erase(dims.begin() + static_cast<long>(begin), dims.begin() + static_cast<long>(end));
    flags.erase(flags.begin() + static_cast<long>(begin), flags.begin() + static_cast<long>(end));
    end = begin;
  }
  return x;
}

template <class T>
class Reduction : public testing::Test {};
using Numbers = testing::Types<uint8_t, int8_t, int16_t, int32_t, int64_t, float, double>;
TYPED_TEST_SUITE(Reduction, Numbers);

const std::vector<int64_t> kShapes[] = {{1},       {63},       {64},      {65},        {1000},       {16384},
                                        {16385},   {50'000},   {3, 100},  {100, 3},    {129, 65},    {300, 1},
                                        {1, 300},  {2, 3, 4},  {5, 1, 7}, {4, 130, 3}, {2, 129, 17}, {3, 2, 4, 2, 3},
                                        {0},       {3, 0},     {0, 3},    {2, 0, 3},   {2, 3, 0},    {600, 1100}};

template <class Op, class T, class Call>
void expect_reduction(const char *name, Call call) {
  std::mt19937 random(13);
  for (const std::vector<int64_t> &dims : kShapes) {
    const Shape shape(dims);
    const std::vector<T> x = naive::random_elements<T>(random, shape.size());
    const Tensor tensor = from_vector(x, shape);
    for (unsigned mask = 1; mask < 1u << dims.size(); ++mask) {
      std::vector<int64_t> axes;
      std::vector<bool> reduced(dims.size());
      for (size_t axis = 0; axis < dims.size(); ++axis)
        if (mask >> axis & 1) {
          axes.push_back(static_cast<int64_t>(axis) - (mask % 2 ? 0 : static_cast<int64_t>(dims.size())));
          reduced[axis] = true;
        }
      const Tensor result = call(tensor, axes, false);
      ASSERT_TRUE(naive::same(result.to_vector<T>(), naive_reduce<Op>(x, dims, reduced))) << name << shape << mask;
      const Tensor kept = call(tensor, axes, true);
      ASSERT_EQ(kept.rank(), shape.rank());
      ASSERT_TRUE(naive::same(kept.to_vector<T>(), result.to_vector<T>()));
    }
  }
}

TYPED_TEST(Reduction, SumsInTheOrderOfTheContract) {
  expect_reduction<Sum<TypeParam>, TypeParam>(
      "sum", [](const Tensor &x, const std::vector<int64_t> &axes, bool keep) { return reduce_sum(x, axes, keep); });
}

TYPED_TEST(Reduction, FindsMaximaInTheOrderOfTheContract) {
  expect_reduction<Max<TypeParam>, TypeParam>(
      "max", [](const Tensor &x, const std::vector<int64_t> &axes, bool keep) { return reduce_max(x, axes, keep); });
}

TYPED_TEST(Reduction, ReadsViewsByTheirLogicalOrder) {
  std::mt19937 random(4);
  const Tensor base = naive::random_tensor<TypeParam>(random, Shape({40, 150}));
  const Tensor view = transpose(base);
  const Tensor copy = from_vector(view.to_vector<TypeParam>(), view.shape());
  for (int64_t axis : {0, 1})
    EXPECT_TRUE(naive::same(reduce_sum(view, {axis}).to_vector<TypeParam>(),
                            reduce_sum(copy, {axis}).to_vector<TypeParam>()));
}

TYPED_TEST(Reduction, AnyThreadCountGivesTheSameBits) {
  std::mt19937 random(4);
  const Tensor x = naive::random_tensor<TypeParam>(random, Shape({700, 90, 3}));
  const int before = thread_count();
  for (int64_t axis : {0, 1, 2}) {
    set_thread_count(1);
    const std::vector<TypeParam> expected = reduce_sum(x, {axis}).to_vector<TypeParam>();
    for (int threads : {2, 3}) {
      set_thread_count(threads);
      EXPECT_TRUE(naive::same(reduce_sum(x, {axis}).to_vector<TypeParam>(), expected));
    }
  }
  set_thread_count(before);
}

TEST(ReductionOps, ScalarsReduceToThemselves) {
  EXPECT_EQ(reduce_sum(Tensor(2.5f)).item<float>(), 2.5f);
  EXPECT_TRUE(std::signbit(reduce_sum(Tensor(-0.f)).item<float>()));
  EXPECT_EQ(reduce_max(Tensor(-3)).item<int32_t>(), -3);
}

TEST(ReductionOps, NaNWinsAndZerosHaveAnOrder) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(reduce_max(constant({1.f, nan, 3.f})).item<float>()));
  EXPECT_FALSE(std::signbit(reduce_max(constant({-0.f, 0.f, -0.f})).item<float>()));
  EXPECT_EQ(reduce_mean(constant({1.f, 2.f, 6.f})).item<float>(), 3.f);
  EXPECT_TRUE(std::isnan(reduce_mean(zeros({0})).item<float>()));
}

TEST(ReductionOps, ErrorsNameAxes) {
  EXPECT_EQ(error_code([] { reduce_sum(zeros({2, 3}), {2}); }), ErrorCode::out_of_range);
  EXPECT_EQ(error_code([] { reduce_sum(constant({true})); }), ErrorCode::dtype);
}

} // namespace
} // namespace etch
