// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The math text as the x86-64-v3 level reads it, against the C++ library in wider arithmetic. Compiled with
// -march=x86-64-v3; the other level gives the same bits.
#define ETCH_LEVEL 3
#include "runtime/kernels/elementwise.h"

#include "ops/math/erf.h"
#include "ops/math/erfc.h"
#include "ops/math/exp.h"
#include "ops/math/gelu.h"
#include "ops/math/log.h"
#include "ops/math/oracle.h"
#include "ops/math/sigmoid.h"
#include "ops/math/tanh.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace etch::runtime {
namespace {

using Wide = long double;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

#define ETCH_TEXT_OF(Name, function)                                                                                   \
  struct Name {                                                                                                        \
    template <class X>                                                                                                 \
    X operator()(const X &x) const {                                                                                   \
      return text::function(x);                                                                                        \
    }                                                                                                                  \
  };
ETCH_TEXT_OF(Exp, exp)
ETCH_TEXT_OF(Log, log)
ETCH_TEXT_OF(Tanh, tanh)
ETCH_TEXT_OF(Sigmoid, sigmoid)
ETCH_TEXT_OF(Erf, erf)
ETCH_TEXT_OF(Erfc, erfc)
ETCH_TEXT_OF(Gelu, gelu)
#undef ETCH_TEXT_OF

Wide sigmoid_reference(Wide x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

template <class Text, class T>
std::vector<T> evaluated(const std::vector<T> &x) {
  std::vector<T> y(x.size());
  const void *in[] = {x.data()};
  const int64_t step[] = {1};
  elementwise_loop<Text, T, T>(static_cast<int64_t>(x.size()), y.data(), in, step);
  return y;
}

/// The distance of a result from the exact value in units of the last place of the rounded value.
template <class T>
double ulps(T result, Wide exact) {
  const T rounded = static_cast<T>(exact);
  if (std::isnan(rounded) || std::isinf(rounded) || std::isnan(result) || std::isinf(result))
    return (std::isnan(rounded) && std::isnan(result)) || rounded == result ? 0 : kInfinity;
  if (rounded == 0 && result == 0)
    return std::signbit(rounded) == std::signbit(result) ? 0 : kInfinity;
  int exponent;
  std::frexp(std::max(std::fabs(rounded), std::numeric_limits<T>::min()), &exponent);
  return static_cast<double>(std::fabs(result - exact) /
                             std::ldexp(Wide{1}, exponent - std::numeric_limits<T>::digits));
}

template <class Text, class T>
void expect_within(double bound, const std::vector<T> &x, Wide (*reference)(Wide)) {
  const std::vector<T> y = evaluated<Text>(x);
  double worst = 0;
  T where = 0;
  for (size_t i = 0; i < x.size(); ++i)
    if (const double error = ulps(y[i], reference(x[i])); error > worst) {
      worst = error;
      where = x[i];
    }
  EXPECT_LE(worst, bound) << "at " << testing::PrintToString(where);
}

/// Every 4099th of all floats: each exponent, both signs, denormals and NaNs.
std::vector<float> float_sweep() {
  std::vector<float> x;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 4099)
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return x;
}

/// All exponents, the interval where the function is neither constant nor linear, and its middle.
std::vector<double> double_samples(double low, double high) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> interval(low, high), middle(-2, 2);
  std::vector<double> x;
  for (int i = 0; i < 100000; ++i) {
    x.push_back(std::bit_cast<double>(random()));
    x.push_back(interval(random));
    x.push_back(middle(random));
  }
  return x;
}

TEST(MathAccuracy, ExpIsWithinOneUlp) {
  expect_within<Exp>(0.9, float_sweep(), [](Wide x) { return std::exp(x); });
  expect_within<Exp>(0.9, double_samples(-750, 712), [](Wide x) { return std::exp(x); });
}

TEST(MathAccuracy, LogIsWithinOneUlp) {
  expect_within<Log>(0.9, float_sweep(), [](Wide x) { return std::log(x); });
  expect_within<Log>(0.9, double_samples(0, 10), [](Wide x) { return std::log(x); });
}

TEST(MathAccuracy, TanhIsWithinOneAndATenthUlp) {
  expect_within<Tanh>(1.1, float_sweep(), [](Wide x) { return std::tanh(x); });
  expect_within<Tanh>(1.1, double_samples(-20, 20), [](Wide x) { return std::tanh(x); });
}

TEST(MathAccuracy, SigmoidIsWithinOneAndAFifthUlp) {
  expect_within<Sigmoid>(1.2, float_sweep(), sigmoid_reference);
  expect_within<Sigmoid>(1.2, double_samples(-750, 40), sigmoid_reference);
}

TEST(MathAccuracy, ErfIsWithinOneAndAFifthUlp) {
  expect_within<Erf>(1.2, float_sweep(), [](Wide x) { return std::erf(x); });
  expect_within<Erf>(1.2, double_samples(-6, 6), [](Wide x) { return std::erf(x); });
}

TEST(MathAccuracy, ErfcIsWithinTwoUlpDownToTheLastDenormal) {
  expect_within<Erfc>(1.6, float_sweep(), [](Wide x) { return std::erfc(x); });
  expect_within<Erfc>(2.0, double_samples(-6, 27.5), [](Wide x) { return std::erfc(x); });
}

Wide gelu_reference(Wide x) {
  return x < -60 ? -0.0L : x / 2 * std::erfc(-x * 0.707106781186547524400844362104849039L);
}

TEST(MathAccuracy, GeluIsWithinAboutTwoUlpDownToTheLastDenormal) {
  expect_within<Gelu>(1.8, float_sweep(), gelu_reference);
  // The reference itself is off by a third of an ulp in the far tail.
  expect_within<Gelu>(2.4, double_samples(-38.6, 6), gelu_reference);
}

template <class T>
struct Edge {
  T x, y;
};

template <class Text, class T>
void expect_edges(const std::vector<Edge<T>> &edges) {
  for (const Edge<T> &edge : edges) {
    const T y = evaluated<Text>(std::vector<T>{edge.x}).front();
    EXPECT_TRUE((std::isnan(y) && std::isnan(edge.y)) || (y == edge.y && std::signbit(y) == std::signbit(edge.y)))
        << "at " << testing::PrintToString(edge.x) << ": " << testing::PrintToString(y) << ", not "
        << testing::PrintToString(edge.y);
  }
}

template <class T>
class MathEdges : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(MathEdges, Floats);

TYPED_TEST(MathEdges, InfinitiesZerosAndNan) {
  using T = TypeParam;
  const T inf = kInfinity, nan = kNan;
  expect_edges<Exp, T>({{inf, inf}, {-inf, 0}, {nan, nan}, {0, 1}, {T(-0.0), 1}});
  expect_edges<Log, T>({{inf, inf}, {-inf, nan}, {nan, nan}, {0, -inf}, {T(-0.0), -inf}, {1, 0}, {-1, nan}});
  expect_edges<Tanh, T>({{inf, 1}, {-inf, -1}, {nan, nan}, {0, 0}, {T(-0.0), T(-0.0)}});
  expect_edges<Sigmoid, T>({{inf, 1}, {-inf, 0}, {nan, nan}, {0, 0.5}, {T(-0.0), 0.5}});
  expect_edges<Erf, T>({{inf, 1}, {-inf, -1}, {nan, nan}, {0, 0}, {T(-0.0), T(-0.0)}});
  expect_edges<Gelu, T>({{inf, inf}, {-inf, T(-0.0)}, {nan, nan}, {0, 0}, {T(-0.0), T(-0.0)}});
  expect_edges<Erfc, T>({{inf, 0}, {-inf, 2}, {nan, nan}, {0, 1}, {T(-0.0), 1}});
}

TYPED_TEST(MathEdges, TheEndsOfTheRange) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T inf = kInfinity, least = Limits::denorm_min(), largest = Limits::max();
  const T log_least = std::is_same_v<T, float> ? T(-103.27892990343185) : T(-744.4400719213812);
  expect_edges<Exp, T>({{largest, inf}, {-largest, 0}, {least, 1}, {-least, 1}});
  expect_edges<Log, T>({{least, log_least}, {-least, T(kNan)}});
  expect_edges<Tanh, T>({{largest, 1}, {-largest, -1}, {least, least}, {-least, -least}});
  expect_edges<Sigmoid, T>({{largest, 1}, {-largest, 0}, {least, 0.5}});
  expect_edges<Erf, T>({{largest, 1}, {-largest, -1}, {least, least}, {-least, -least}});
  expect_edges<Erfc, T>({{largest, 0}, {-largest, 2}, {least, 1}});
}

// The arguments next to where results leave the range: mpmath, 50 digits.
TEST(MathAccuracy, LastResultsBeforeOverflowAndUnderflow) {
  const float inf = kInfinity, least = 0x1p-149f;
  expect_edges<Exp, float>(
      {{0x1.62e42ep+6f, 0x1.ffff08p+127f}, {0x1.62e43p+6f, inf}, {-0x1.9fe368p+6f, least}, {-0x1.9fe36ap+6f, 0}});
  expect_edges<Exp, double>({{0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023},
                             {0x1.62e42fefa39fp+9, kInfinity},
                             {-0x1.74910d52d3051p+9, 0x1p-1074},
                             {-0x1.74910d52d3052p+9, 0}});
  expect_edges<Erfc, float>({{0x1.41bbf6p+3f, least}, {0x1.41bbf8p+3f, 0}});
  expect_edges<Erfc, double>({{0x1.b39dc41e48bfcp+4, 0x1p-1074}, {0x1.b39dc41e48bfdp+4, 0}});
}

template <class X>
auto naive_gelu(const X &x) {
  return 0.5 * x * erfc(-0.7071067811865476 * x);
}

TEST(Oracle, ReadsTextThatUsesTheMathFunctions) {
  using namespace text;
  EXPECT_NEAR(naive_gelu(Oracle{-5.0}).v, -1.43325785939596956e-06, 1e-17);
  EXPECT_NEAR(naive_gelu(Oracle{2.0}).v, 1.95449973610364159, 1e-15);
  EXPECT_EQ(select(Oracle{1.0} < 2.0, Oracle{3.0}, 4.0).v, 3.0);
  EXPECT_TRUE(std::isnan(maximum(Oracle{kNan}, 1.0).v));
  EXPECT_FALSE(std::signbit(maximum(Oracle{-0.0}, Oracle{0.0}).v));
}

TEST(Lane, MaximumPropagatesNanAndOrdersZeros) {
  const auto larger = [](double a, double b) { return maximum(Lane<double>(a), Lane<double>(b)).first(); };
  const auto smaller = [](double a, double b) { return minimum(Lane<double>(a), Lane<double>(b)).first(); };
  EXPECT_TRUE(std::isnan(larger(kNan, 1)) && std::isnan(larger(1, kNan)));
  EXPECT_TRUE(std::isnan(smaller(kNan, 1)) && std::isnan(smaller(1, kNan)));
  EXPECT_FALSE(std::signbit(larger(-0.0, 0.0)) || std::signbit(larger(0.0, -0.0)));
  EXPECT_TRUE(std::signbit(smaller(-0.0, 0.0)) && std::signbit(smaller(0.0, -0.0)));
}

TEST(Lane, RareAndRepeatedPartsAffectOnlyTheLanesThatNeedThem) {
  float x[] = {0.5f, 3.25f, 12.5f, -4.5f, 1000, 1, 10.5f, static_cast<float>(kNan)}, rare[8], halved[8];
  const Lane<float> lanes = Lane<float>::load(x);
  rarely(lanes > 10.0, [&] { return ceil(lanes) * 2.0; }, lanes).store(rare);
  repeat_while(lanes, [](auto y) { return y >= 1.0; }, [](auto y) { return y * 0.5; }).store(halved);
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(rare[i], x[i] > 10 ? std::ceil(x[i]) * 2 : x[i]);
    float expected = x[i];
    while (expected >= 1)
      expected *= 0.5f;
    EXPECT_EQ(halved[i], expected);
  }
  EXPECT_TRUE(std::isnan(rare[7]) && std::isnan(halved[7]));
}

template <class T>
void expect_shifts_and_quotients() {
  using Unsigned = std::make_unsigned_t<T>;
  for (T a : {T(0), T(5), T(-7), T(100), std::numeric_limits<T>::min(), std::numeric_limits<T>::max()})
    for (T b : {T(1), T(2), T(3), T(7)}) {
      const Lane<T> x = a, y = b;
      EXPECT_EQ(shl(x, y).first(), static_cast<T>(static_cast<Unsigned>(a) << b));
      EXPECT_EQ(shr(x, y).first(), static_cast<T>(a >> b));
      EXPECT_EQ(shr_logical(x, y).first(), static_cast<T>(static_cast<Unsigned>(a) >> b));
      EXPECT_EQ(quotient(x, y).first(), static_cast<T>(a / b));
      EXPECT_EQ(remainder(x, y).first(), static_cast<T>(a % b));
    }
}

TEST(Lane, ShiftsAndDividesIntegersByLanes) {
  expect_shifts_and_quotients<uint8_t>();
  expect_shifts_and_quotients<int8_t>();
  expect_shifts_and_quotients<int16_t>();
  expect_shifts_and_quotients<int32_t>();
  expect_shifts_and_quotients<int64_t>();
}

TEST(Lane, LdexpRoundsOnce) {
  for (int n = -252; n <= 254; ++n)
    for (float x : {1.0f, -0x1.fffffep+127f, 0x1.000002p-110f, 0x1.800002p-3f, 0x1p-149f, 0x1.fffffep-1f})
      EXPECT_EQ(ldexp(Lane<float>(x), Lane<int32_t>(n)).first(), std::ldexp(x, n)) << x << " " << n;
}

} // namespace
} // namespace etch::runtime
