// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

#include <cmath>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

TEST(Verify, FindsNothingInPureFunctions) {
  Variable v(ramp({3}), "v");
  int calls = 0;
  auto inner = function([](Tensor x) { return softmax(x) * 2.0f; });
  auto f = function([&](Tensor x, int n) {
    for (int i = 0; i < n; ++i)
      x = gelu(x) + inner(x);
    v.assign_add(x);
    on_each_call([&] { ++calls; });
    return x - reduce_mean(x);
  });
  EXPECT_EQ(verify(f, ramp({3}), 3), "");
  const Tensor once = v.value();
  EXPECT_EQ(calls, 1) << "effects happen once";
  v.assign(ramp({3}));
  f(ramp({3}), 3);
  EXPECT_TRUE(same_bits(v.value(), once));
}

TEST(Verify, NamesTheFirstOperationThatDiffers) {
  float factor = 1.5f;
  int line = 0;
  auto f = function(
      [&](Tensor x) {
        const Tensor y = x + 1.0f;
        line = __LINE__ + 1;
        const Tensor z = y * factor;
        return exp(z);
      },
      {.name = "f"});
  EXPECT_EQ(verify(f, ramp({2})), "");
  factor = std::nextafter(1.5f, 2.0f);
  const std::string report = verify(f, ramp({2}));
  EXPECT_TRUE(
      report.starts_with("f: mul at " + std::string(__FILE__) + ":" + std::to_string(line) +
                         ", element [0]: 2.25000024 eagerly, 2.25 compiled, 1 ulp\n  hence result 0, element [0]: "))
      << report;
}

TEST(Verify, NamesOperationsThatComeAndGo) {
  bool first = true;
  auto f = function([&](Tensor x) { return first ? exp(x) : log(x); }, {.name = "f"});
  EXPECT_EQ(verify(f, ramp({2})), "");
  first = false;
  const std::string report = verify(f, ramp({2}));
  EXPECT_NE(report.find("f: the callable calls log at "), std::string::npos) << report;
  EXPECT_NE(report.find(" where it called exp at "), std::string::npos) << report;
}

TEST(Verify, LooksAtVariables) {
  float step = 1.0f;
  Variable v(ramp({2}), "v");
  auto f = function([&] { v.assign(v + step); }, {.name = "f"});
  f();
  step = 2.0f;
  const std::string report = verify(f);
  EXPECT_NE(report.find("hence variable 'v', element [0]: "), std::string::npos) << report;
  EXPECT_TRUE(same_bits(v.value(), ramp({2}) + 1.0f + 2.0f)) << "what eager code does";
}

TEST(Verify, TakesTheTraceThatACallWouldTake) {
  auto add = function([](Tensor x, Tensor y) { return x + y; }, {.shapes = Shapes::rank});
  EXPECT_EQ(verify(add, ramp({4096}), ramp({1})), "");
  EXPECT_EQ(verify(add, ramp({1}), ramp({3})), "");
  Variable w(ones({1}), "w");
  auto f = function([&](Variable a, Tensor x) {
    a.assign_add(x);
    w.assign_add(x);
    return a + w;
  });
  EXPECT_EQ(verify(f, w, ones({1})), "");
}

TEST(Verify, FailsAsAFailedCheckDoes) {
  Variable n(Tensor(0), "n");
  auto f = function([&](Tensor x) {
    n.assign_add(1);
    check(x < 1.0f, "too large");
    return x;
  });
  EXPECT_EQ(error_of([&] { verify(f, 2.0f); }).summary(), "check: too large");
  EXPECT_EQ(n.value().item<int32_t>(), 1);
}

TEST(Verify, ThrowsWhatTheCallableThrows) {
  auto f = function([](Tensor x) { return matmul(x, x); });
  EXPECT_EQ(error_of([&] { verify(f, ramp({2, 3})); }).code(), ErrorCode::shape);
}

} // namespace
} // namespace etch
