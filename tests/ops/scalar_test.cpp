// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/adopt.h"
#include "ops/saturated.h"

#include <gtest/gtest.h>

#include <cmath>

namespace etch::ops {
namespace {

TEST(Scalar, SaturatesAndRounds) {
  EXPECT_EQ(Scalar::of(DType::i32, 1e20).as_integer(), INT32_MAX);
  EXPECT_EQ(Scalar::of(DType::i64, 1e20).as_integer(), INT64_MAX);
  EXPECT_EQ(Scalar::of(DType::i64, -HUGE_VAL).as_integer(), INT64_MIN);
  EXPECT_EQ(Scalar::of(DType::u8, -1.0).as_integer(), 0);
  EXPECT_EQ(Scalar::of(DType::u8, 255.9).as_integer(), 255);
  EXPECT_EQ(Scalar::of(DType::i8, -127.9).as_integer(), -127);
  EXPECT_EQ(Scalar::of(DType::i16, std::nan("")).as_integer(), 0);
  EXPECT_EQ(Scalar::of(DType::boolean, std::nan("")).as_integer(), 1);
  EXPECT_EQ(Scalar::of(DType::u8, int64_t{300}).as_integer(), 44);
  EXPECT_EQ(Scalar::of(DType::f32, 0.1).as_double(), 0.1f);
  // Through double this would round twice, to 16777216.
  EXPECT_EQ(Scalar::of(DType::f32, int64_t{9007199791611905}).as_double(), 9007200328482816.0);
  EXPECT_TRUE(std::signbit(Scalar::of(DType::f64, -0.0).as_double()));
  EXPECT_EQ(text::saturated<int64_t>(HUGE_VAL), INT64_MAX);
  EXPECT_EQ(text::saturated<uint8_t>(-HUGE_VAL), 0);
}

class Adopt : public testing::Test {
protected:
  static std::string fault(const Literal &literal, DType dtype) {
    try {
      adopt(*find_op("add"), literal, dtype, {"user.cpp", "f", 3});
    } catch (const Error &error) {
      return error.summary();
    }
    return "";
  }
  static Literal whole(int64_t value) { return {DType::i32, static_cast<double>(value), value}; }
  static Literal real(double value) { return {DType::f64, value, 0}; }
};

TEST_F(Adopt, TakesTheTensorsDType) {
  const OpDef &add = *find_op("add");
  EXPECT_EQ(adopt(add, whole(3), DType::f32, {}), Scalar::of(DType::f32, 3.0));
  EXPECT_EQ(adopt(add, real(0.1), DType::f32, {}), Scalar::of(DType::f32, 0.1));
  EXPECT_EQ(adopt(add, whole(255), DType::u8, {}), Scalar::of(DType::u8, int64_t{255}));
  EXPECT_EQ(own_scalar(real(2.5)), Scalar::of(DType::f64, 2.5));
}

TEST_F(Adopt, RefusesWhatWouldChange) {
  EXPECT_EQ(fault(whole(256), DType::u8), "add: the number must fit u8, got 256");
  EXPECT_EQ(fault(whole(-1), DType::u8), "add: the number must fit u8, got -1");
  EXPECT_EQ(fault(real(2.5), DType::i32), "add: a float cannot become an integer unasked, got 2.5 beside i32");
  EXPECT_EQ(fault(Literal{DType::boolean, 1, 1}, DType::f32), "add: bool and numbers do not mix, got true beside f32");
  EXPECT_EQ(fault(whole(1), DType::boolean), "add: bool and numbers do not mix, got 1 beside bool");
}

} // namespace
} // namespace etch::ops
