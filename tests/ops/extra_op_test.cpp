// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every record is promised, shown on extra_op.td, which no hand-written file but this one knows.
#include <etch/etch.h>

#include "tests/test_ops.h"

#include <gtest/gtest.h>

#include <cmath>

namespace etch {
namespace {

TEST(ExtraOp, RunsEagerlyInBothFloats) {
  const std::vector<double> got = squareplus(constant({0.0, 1.5, -3.0})).to_vector<double>();
  EXPECT_EQ(got[0], 1);
  EXPECT_EQ(got[1], 2);
  EXPECT_NEAR(got[2], 0.302775637731994646, 1e-15);
  EXPECT_NEAR(squareplus(constant({-3.0f})).to_vector<float>()[0], 0.30277564f, 1e-7f);
}

TEST(ExtraOp, CompilesToTheSameBits) {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i)
    values.push_back(std::sin(0.37f * static_cast<float>(i)) * std::exp(0.02f * static_cast<float>(i)));
  const Tensor x = from_vector(values);
  auto traced = function([](Tensor t) { return squareplus(t * 2.0f); });
  EXPECT_EQ(traced(x).to_vector<float>(), squareplus(x * 2.0f).to_vector<float>());
  EXPECT_NE(traced.trace(x).text().find("etch.squareplus"), std::string::npos);
}

TEST(ExtraOp, ReportsErrorsByItsName) {
  try {
    squareplus(constant({1, 2}));
    FAIL();
  } catch (const Error &error) {
    EXPECT_EQ(error.summary(), "squareplus: takes f16, bf16, f32 or f64, got i32[2]");
    EXPECT_EQ(error.help(), "cast(x, DType::f32)");
    EXPECT_EQ(error.location().line, __LINE__ - 5);
  }
}

} // namespace
} // namespace etch
