// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/op_def.h"
#include "tools/accuracy/error.h"
#include "tools/accuracy/inputs.h"
#include "tools/accuracy/page.h"

#include <gtest/gtest.h>

namespace etch::accuracy {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(ErrorInUlps, CountsFromTheExactValue) {
  EXPECT_EQ(error_in_ulps(1.0, Exact(1.0)), 0);
  EXPECT_EQ(error_in_ulps(0x1.0000000000001p+0, Exact(1.0)), 1);
  EXPECT_EQ(error_in_ulps(0x1.fffffffffffffp-1, Exact(1.0)), 0.5);
  EXPECT_NEAR(error_in_ulps(1.0f, Exact(1.0) + ldexp(Exact(1.0), -25)), 0.25, 1e-12);
  EXPECT_EQ(error_in_ulps(0x1p-149f, ldexp(Exact(1.0), -150)), 0.5);
  EXPECT_EQ(error_in_ulps(0.0f, ldexp(Exact(3.0), -151)), 0.75);
  EXPECT_EQ(error_in_ulps(0x1p-149f, Exact(0.0)), 1);
}

TEST(ErrorInUlps, IsInfiniteForWrongSpecials) {
  EXPECT_EQ(error_in_ulps(0.0f, Exact(-0.0)), kWrong);
  EXPECT_EQ(error_in_ulps(-0.0f, ldexp(Exact(1.0), -400)), kWrong);
  EXPECT_EQ(error_in_ulps(0.0f, Exact(kNan)), kWrong);
  EXPECT_EQ(error_in_ulps(kNan, Exact(0.0)), kWrong);
  EXPECT_EQ(error_in_ulps(kNan, Exact(kNan)), 0);
  EXPECT_EQ(error_in_ulps(kInfinity, ldexp(Exact(1.0), 2000)), 0);
  EXPECT_EQ(error_in_ulps(-kInfinity, ldexp(Exact(1.0), 2000)), kWrong);
  EXPECT_EQ(error_in_ulps(std::numeric_limits<double>::max(), Exact(kInfinity)), kWrong);
}

TEST(ErrorInUlps, IsTheSameByTheDoubleReading) {
  for (const double expected : {1.0, -0x1.fffffffp-1, 0x1.8000001p-126, 0x1.23456p-130, 0x1p-160, 3e38, 1e39, 0.0})
    for (const float result : {static_cast<float>(expected), std::nextafterf(static_cast<float>(expected), 0.0f)})
      EXPECT_EQ(fast_error_in_ulps(result, expected), error_in_ulps(result, Exact(expected))) << expected;
  EXPECT_EQ(fast_error_in_ulps(0.0f, -0x1p-200), kWrong);
  EXPECT_EQ(fast_error_in_ulps(1.0f, kNan), kWrong);
}

// Values from mpmath 1.3 at 50 digits.
TEST(Exact, KnowsTheFunctionsThatOpsAreNamedAfter) {
  EXPECT_EQ(gelu(Exact(-5.0)).to_double(), -1.4332578593959696e-06);
  EXPECT_EQ(softplus(Exact(-50.0)).to_double(), 1.9287498479639178e-22);
  EXPECT_EQ(softplus(Exact(3.0)).to_double(), 3.0485873515737421);
  EXPECT_EQ(silu(Exact(-2.0)).to_double(), -0.23840584404423512);
  EXPECT_EQ(selu(Exact(-1.0)).to_double(), -1.1113307378125627);
  EXPECT_EQ(sigmoid(Exact(-30.0)).to_double(), 9.3576229688392990e-14);
  EXPECT_EQ(rsqrt(Exact(2.0)).to_double(), 0.70710678118654757);
  EXPECT_EQ(mod(Exact(-7.0), Exact(3.0)).to_double(), 2);
}

TEST(Exact, HasLimitsAtInfinity) {
  for (const Exact &zero : {gelu(Exact(-kInfinity)), silu(Exact(-kInfinity)), mish(Exact(-kInfinity))})
    EXPECT_TRUE(zero.is_zero() && zero.is_negative());
  EXPECT_EQ(softsign(Exact(-kInfinity)).to_double(), -1);
  EXPECT_EQ(softplus(Exact(kInfinity)).to_double(), kInfinity);
  EXPECT_EQ(sigmoid(Exact(-kInfinity)).to_double(), 0);
}

TEST(Inputs, AreTheSameWhereverASweepIsCut) {
  const RandomInputs<double> inputs(2);
  std::vector<double> a(100), b(100), c(1), d(1);
  double *const whole[] = {a.data(), b.data()}, *const single[] = {c.data(), d.data()};
  inputs.fill(1000, 100, whole);
  for (uint64_t i = 0; i < 100; ++i) {
    inputs.fill(1000 + i, 1, single);
    EXPECT_EQ(std::bit_cast<uint64_t>(a[i]), std::bit_cast<uint64_t>(c[0]));
    EXPECT_EQ(std::bit_cast<uint64_t>(b[i]), std::bit_cast<uint64_t>(d[0]));
  }
}

TEST(Page, ReadsWhatItWrites) {
  const Function &function = functions().front();
  Accuracy accuracy;
  accuracy.ulps = 0.7501;
  accuracy.at = "-0x1.8p+3";
  accuracy.inputs = 1234567;
  accuracy.wrong = {{1, 0}, {2, 0}};
  accuracy.first_wrong = "f(-inf) = nan, not -0";
  Page page;
  page.put(row_of(function, accuracy));
  const Page again = Page::parse(page.text());
  const Row *row = again.find(function);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->ulps, 0.751);
  EXPECT_EQ(row->at, accuracy.at);
  EXPECT_EQ(row->inputs, accuracy.inputs);
  EXPECT_EQ(row->wrong, 2u);
  EXPECT_EQ(row->first_wrong, accuracy.first_wrong);
  EXPECT_EQ(again.text(), page.text());
}

Exact quotient(const Exact *x) { return x[0] / x[1]; }

void fast_quotient(int64_t n, const float *const *x, double *y) {
  for (int64_t i = 0; i < n; ++i)
    y[i] = static_cast<double>(x[0][i]) / x[1][i];
}

// Division is rounded once, so whatever is beyond half an ulp is a mistake of the measurement.
TEST(Measure, FindsHalfAnUlpInDivision) {
  const int index = ops::find_op("div")->index;
  const Effort effort{.full = false, .threads = 2, .level = runtime::CpuLevel::v3};
  for (const DType dtype : {DType::f32, DType::f64})
    for (const bool is_binary : {true, false}) {
      // 3 as an operand, or as what an attribute gives.
      const std::vector<double> attributes = is_binary ? std::vector<double>() : std::vector<double>{3};
      const Accuracy accuracy =
          measure({index, "div", dtype, is_binary ? 2 : 1, attributes, quotient, fast_quotient}, effort);
      EXPECT_LE(accuracy.ulps, 0.5);
      EXPECT_GT(accuracy.ulps, is_binary ? 0.49 : 0.33); // thirds of integers are thirds of an ulp off
      EXPECT_LE(accuracy.understatement, 1);
      EXPECT_EQ(accuracy.wrong.size(), 0u) << accuracy.first_wrong;
      EXPECT_EQ(accuracy.at.find(',') != std::string::npos, is_binary);
    }
}

TEST(Measure, ReportsWrongSpecials) {
  const auto quotient_of_opposite = [](const Exact *x) { return -x[0] / x[1]; };
  const Function function{ops::find_op("div")->index, "div", DType::f64, 2, {}, quotient_of_opposite, nullptr};
  const Accuracy accuracy = measure(function, {.full = false, .threads = 1, .level = runtime::CpuLevel::v3});
  EXPECT_GT(accuracy.wrong.size(), 100u);
  EXPECT_EQ(accuracy.first_wrong, "div(0x0.0000000000001p-1022, 0) = inf, not -inf");
}

TEST(Measure, DoesNotDependOnTheNumberOfThreads) {
  const Function &function = functions().front();
  const auto with = [&](int threads) {
    return measure(function, {.full = false, .threads = threads, .level = runtime::CpuLevel::v3});
  };
  const Accuracy one = with(1), three = with(3);
  EXPECT_EQ(one.ulps, three.ulps);
  EXPECT_EQ(one.at, three.at);
  EXPECT_EQ(one.inputs, three.inputs);
}

} // namespace
} // namespace etch::accuracy
