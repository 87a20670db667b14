// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/math/oracle.h"
#include "ops/op_def.h"
#include "ops/scalar_vjps.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace etch::ops {
namespace {

// Central differences of the value text in double against the vjp text, away from the points where a side must be
// chosen.
TEST(Vjp, TextsOfElementwiseOpsAgreeWithFiniteDifferences) {
  constexpr double kStep = 1e-5;
  const double points[] = {0.1, 0.37, 0.9, 1.4, 2.4, -0.2, -0.8, -1.7};
  int checked = 0;
  for (const OpDef &op : registry()) {
    if (op.op_class != OpClass::elementwise || *op.vjp == 0 || op.converts)
      continue;
    for (double first : points)
      for (double second : {0.23, -1.1, 3.0}) {
        const std::array<Oracle, 3> x{op.operand_count == 3 ? (first > 0 ? 1.0 : 0.0) : first, second,
                                      first * second + 0.5};
        const Oracle y = text::differentiable_value<Oracle>(op.index, x.data());
        if (std::isnan(y.v))
          continue;
        for (int i = op.operand_count == 3 ? 1 : 0; i < op.operand_count; ++i) {
          auto above = x, below = x;
          above[static_cast<size_t>(i)].v += kStep;
          below[static_cast<size_t>(i)].v -= kStep;
          const double expected = (text::differentiable_value<Oracle>(op.index, above.data()).v -
                                   text::differentiable_value<Oracle>(op.index, below.data()).v) /
                                  (2 * kStep);
          if (std::isnan(expected))
            continue; // a neighbour is outside the domain
          const double got = text::derivative<Oracle>(op.index, i, x.data(), y, 1.0).v;
          EXPECT_NEAR(got, expected, 1e-7 * (1 + std::fabs(expected)))
              << op.name << " operand " << i << " at " << first << ", " << second;
          ++checked;
        }
      }
  }
  EXPECT_GT(checked, 400);
}

TEST(Vjp, ChoosesASideAtKinks) {
  const auto at = [](const char *op, int operand, double a, double b) {
    const Oracle x[] = {a, b};
    const OpDef &def = *find_op(op);
    return text::derivative<Oracle>(def.index, operand, x, text::differentiable_value<Oracle>(def.index, x), 1.0).v;
  };
  EXPECT_EQ(at("relu", 0, 0, 0), 0);
  EXPECT_EQ(at("abs", 0, 0, 0), 0);
  EXPECT_EQ(at("maximum", 0, 2, 2), 1);
  EXPECT_EQ(at("maximum", 1, 2, 2), 0);
  EXPECT_EQ(at("minimum", 0, 2, 2), 1);
}

} // namespace
} // namespace etch::ops
