// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/runtime/error_text.h"

#include <etch/shape.h>
#include <etch/tensor.h>

#include <gtest/gtest.h>

namespace etch {
namespace {

TEST(Shape, HoldsDimensionsOfAnyRank) {
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ(Shape().size(), 1);
  EXPECT_EQ(Shape({2, 3}).text(), "[2,3]");
  EXPECT_EQ(Shape({2, 3}).size(), 6);
  const Shape wide(std::vector<int64_t>(32, 1));
  EXPECT_EQ(wide.rank(), 32);
  Shape copy = wide;
  EXPECT_EQ(copy, wide);
  EXPECT_FALSE(copy == Shape({1}));
  copy = Shape({4});
  EXPECT_EQ(copy[0], 4);
  EXPECT_EQ(wide[31], 1);
}

TEST(Shape, KeepsEmptyDimensionsLegal) {
  EXPECT_EQ(Shape({0}).size(), 0);
  EXPECT_EQ(Shape({3, 0, 2}).size(), 0);
  EXPECT_EQ(Shape({int64_t{1} << 40, 0, int64_t{1} << 20}).size(), 0);
}

TEST(Shape, RejectsWhatNoMachineCanHold) {
  EXPECT_EQ(error_text([] { Shape(std::vector<int64_t>(33, 1)); }), "shape: rank must be at most 32, got 33");
  EXPECT_EQ(error_text([] { Shape({2, -1}); }), "shape: dimensions must not be negative, got [2,-1]");
  EXPECT_EQ(error_text([] { Shape({INT64_MIN}); }), "shape: dimensions must not be negative, got [-9223372036854775808]");
  const auto huge = [] { Shape({int64_t{1} << 32, int64_t{1} << 31}); };
  EXPECT_EQ(error_text(huge), "shape: the number of elements must fit in 63 bits, got [4294967296,2147483648]");
  EXPECT_EQ(error_code(huge), ErrorCode::too_large);
  EXPECT_EQ(error_text([] { Shape({INT64_MAX, 2, 0}); }),
            "shape: the number of elements must fit in 63 bits, got [9223372036854775807,2,0]");
  EXPECT_EQ(Shape({INT64_MAX}).size(), INT64_MAX);
}

TEST(Shape, EveryEdgeValueIsAShapeOrAnError) {
  std::vector<int64_t> edges = {INT64_MIN, -1, 0, 1, 2, 7, INT64_MAX};
  for (int bits = 30; bits < 63; ++bits)
    for (int64_t delta : {-1, 0, 1})
      edges.push_back((int64_t{1} << bits) + delta);
  for (int64_t a : edges)
    for (int64_t b : edges) {
      const bool legal = a >= 0 && b >= 0 && (a == 0 || b == 0 || a <= INT64_MAX / b);
      EXPECT_EQ(error_text([&] { Shape({a, b}); }) == "no error", legal) << a << " " << b;
    }
}

TEST(Shape, TheErrorNamesTheCaller) {
  try {
    Shape({-1});
    FAIL();
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.location().file).find("shape_test.cpp"), std::string::npos);
  }
}

TEST(DType, HasOneName) {
  EXPECT_STREQ(name_of(DType::boolean), "bool");
  EXPECT_STREQ(name_of(DType::f64), "f64");
  EXPECT_EQ(spec_text(DType::i32, Shape({2, 3})), "i32[2,3]");
  EXPECT_EQ(spec_text(DType::f32, Shape()), "f32[]");
  static_assert(dtype_of<long long>() == DType::i64 && dtype_of<long>() == DType::i64);
}

} // namespace
} // namespace etch
