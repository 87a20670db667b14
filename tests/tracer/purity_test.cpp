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
  EXPECT_NE(error_of([&] { f(ramp({2})); })
                .summary()
                .find("got a captured tensor f32[2] with element [0]: 1 first, 2 then"),
            std::string::npos)
      << error_of([&] { f(ramp({2})); }).summary();
}

TEST(Purity, NamesWhatDiffers) {
  const Variable v(ramp({2}), "v"), w(ramp({2}), "w");
  int calls = 0;
  auto f = function([&](Tensor x) { return x + (++calls % 2 ? v : w); }, kChecked);
  EXPECT_NE(error_of([&] { f(ramp({2})); }).summary().find("got Variable 'v' made at "), std::string::npos);
  auto g = function(
      [&](Tensor x) {
        const Tensor a = exp(x), b = log(x);
        return ++calls % 2 ? a : b;
      },
      kChecked);
  const std::string of_g = error_of([&] { g(ramp({2})); }).summary();
  EXPECT_NE(of_g.find("got result 0 from exp at "), std::string::npos) << of_g;
  EXPECT_NE(of_g.find(", then from log at "), std::string::npos) << of_g;
  auto h = function([&](Tensor x, Tensor y) { return x * (++calls % 2 ? x : y); }, kChecked);
  const std::string of_h = error_of([&] { h(ramp({2}), ramp({2})); }).summary();
  EXPECT_NE(of_h.find(" of argument 0, then of argument 1"), std::string::npos) << of_h;
  auto k = function([&](Tensor x) { return std::pair(x, ++calls); }, kChecked);
  EXPECT_NE(error_of([&] { k(ramp({2})); }).summary().find("results with some C++ values, then with others"),
            std::string::npos);
}

TEST(Purity, LooksIntoFunctionsInside) {
  float factor = 1.0f;
  const auto inner = function([&](Tensor x) { return x * factor; }, {.name = "inner"});
  const auto middle = function([&](Tensor x) { return inner(x) + inner(x * 2.0f); }, {.name = "middle"});
  auto f = function([&](Tensor x) { return middle(x) + 1.0f; }, kChecked);
  EXPECT_TRUE(same_bits(f(ramp({2})), ramp({2}) * 3.0f + 1.0f));
  factor = 2.0f;
  EXPECT_NO_THROW(f(ramp({2, 2}))) << "traced anew";
  EXPECT_TRUE(same_bits(inner(ramp({3})), ramp({3}) * 2.0f));
  factor = 3.0f;
  const Error error = error_of([&] { f(ramp({3})); });
  EXPECT_TRUE(error.summary().starts_with("inner: two traces of the callable must be the same, got full with fill = 2"))
      << error.summary();
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
