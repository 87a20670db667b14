// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Callables that do not do the same whenever they are traced.
#include "tests/tracer/bits.h"

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

const Options kChecked{.name = "f", .purity = Purity::check};

TEST(Purity, FindsNumbersThatChange) {
  float factor = 1.0f;
  const int line = __LINE__ + 1;
  auto f = function([&](Tensor x) { return x * (factor *= 2.0f); }, kChecked);
  const Error error = error_of([&] { f(ramp({2})); });
  const std::string at = std::string(__FILE__) + ":" + std::to_string(line);
  EXPECT_EQ(error.summary(),
            "f: two traces of the callable must be the same, got full with fill = 2 at " + at + ", then 4");
  EXPECT_EQ(error.code(), ErrorCode::tracing);
  EXPECT_EQ(f.trace_count(), 0);
  auto trusted = function([&](Tensor x) { return x * (factor *= 2.0f); });
  EXPECT_NO_THROW(trusted(ramp({2})));
}

TEST(Purity, FindsOperationsThatComeAndGo) {
  bool first = true;
  auto f = function([&](Tensor x) { return std::exchange(first, false) ? exp(x) : x; }, kChecked);
  EXPECT_NE(error_of([&] { f(ramp({2})); }).summary().find("got 1 operations, then 0: exp at "), std::string::npos);
  int calls = 0;
  auto g = function([&](Tensor x) { return ++calls % 2 ? exp(x) : log(x); }, kChecked);
  EXPECT_NE(error_of([&] { g(ramp({2})); }).summary().find("then log at "), std::string::npos);
  std::vector<int> growing;
  auto h = function(
      [&](Tensor x) {
        growing.push_back(1);
        for (size_t i = 0; i < growing.size(); ++i)
          x = x + 1.0f;
        return x;
      },
      kChecked);
  EXPECT_EQ(error_of([&] { h(ramp({2})); }).code(), ErrorCode::tracing);
}

TEST(Purity, FindsCapturedTensorsThatChange) {
  float seed = 0.0f;
  auto f = function([&](Tensor x) { return x + from_vector<float>({seed += 1.0f, 2.0f}); }, kChecked);
  EXPECT_NE(error_of([&] { f(ramp({2})); }).summary().find("got other captured tensors"), std::string::npos);
}

TEST(Purity, IsContentWithWhatStaysTheSame) {
  Variable v(ramp({2}), "v");
  int runs = 0, calls = 0;
  const Tensor table = ramp({4, 2});
  auto f = function(
      [&](Tensor x, int n) {
        ++runs;
        on_each_call([&] { ++calls; });
        const Tensor made = from_vector<float>({1.0f, 2.0f});
        for (int i = 0; i < n; ++i)
          x = x * made + reduce_sum(table, {0});
        v.assign_add(x);
        return x + v;
      },
      kChecked);
  f(ramp({2}), 2);
  f(ramp({2}), 2);
  f(ramp({2}), 3);
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(f.trace_count(), 2);
}

} // namespace
} // namespace etch
