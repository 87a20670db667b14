// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions whose traces are equal run one machine code, and notice nothing of it.
#include "codegen/jit.h"
#include "tests/tracer/bits.h"

#include <optional>
#include <thread>
#include <vector>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

Tensor body(const Tensor &x) { return exp(x) * 2.0f - reduce_sum(x, {1}, true); }

TEST(SharedCode, IsOneForEqualTraces) {
  const int64_t before = codegen::live_code_bytes();
  auto first = std::make_optional(function(body));
  const Tensor x = ramp({3, 5});
  EXPECT_TRUE(same_bits((*first)(x), body(x)));
  const int64_t of_one = codegen::live_code_bytes();
  EXPECT_GT(of_one, before);
  auto second = std::make_optional(function([](Tensor y) { return body(y); }, {.name = "another"}));
  EXPECT_TRUE(same_bits((*second)(x), body(x)));
  EXPECT_EQ(codegen::live_code_bytes(), of_one);
  EXPECT_EQ(first->stats().shared_code, 0);
  EXPECT_GT(first->stats().compile_ms, 0.0);
  EXPECT_EQ(second->stats().traces, 1);
  EXPECT_EQ(second->stats().shared_code, 1);
  EXPECT_EQ(second->stats().compile_ms, 0.0);
  EXPECT_EQ(second->stats().kernels, first->stats().kernels);
  EXPECT_TRUE(same_bits((*second)(ramp({4, 5})), body(ramp({4, 5})))) << "another shape";
  EXPECT_EQ(second->stats().shared_code, 1);

  first.reset();
  EXPECT_TRUE(same_bits((*second)(x), body(x))) << "the last user keeps it";
  second.reset();
  EXPECT_EQ(codegen::live_code_bytes(), before);
}

TEST(SharedCode, ServesValuesThatDoNotMatter) {
  auto f = function([](Tensor x, int unused) { return x + 1.0f; });
  for (int i = 0; i < 4; ++i)
    f(ramp({3}), i);
  EXPECT_EQ(f.stats().traces, 4);
  EXPECT_EQ(f.stats().shared_code, 3);
}

TEST(SharedCode, IsNotThatOfOtherNumbers) {
  const Tensor x = ramp({4});
  auto plus = function([](Tensor y) { return y * 0.0f; });
  auto minus = function([](Tensor y) { return y * -0.0f; });
  EXPECT_TRUE(same_bits(plus(x), x * 0.0f));
  EXPECT_TRUE(same_bits(minus(x), x * -0.0f));
  EXPECT_EQ(minus.stats().shared_code, 0);
}

TEST(SharedCode, FailsWithTheLinesOfEachFunction) {
  int first_line = 0, second_line = 0;
  auto first = function([&](Tensor x) {
    first_line = __LINE__ + 1;
    check(reduce_all(x > 0.0f), "positive");
    return x + 1.0f;
  });
  auto second = function([&](Tensor x) {
    second_line = __LINE__ + 1;
    check(reduce_all(x > 0.0f), "positive");
    return x + 1.0f;
  });
  const Tensor good = ramp({3}) + 1.0f, bad = ramp({3}) - 1.0f;
  first(good), second(good);
  EXPECT_EQ(second.stats().shared_code, 1);
  EXPECT_EQ(error_of([&] { first(bad); }).location().line, first_line);
  EXPECT_EQ(error_of([&] { second(bad); }).location().line, second_line);
}

TEST(SharedCode, TakesStateFromEachFunction) {
  const auto made = [](float start, std::vector<int> &seen) {
    const Variable total(Tensor(start), "total");
    const Tensor bias = full({3}, start);
    return function([=, &seen](Tensor x) {
      total.assign_add(reduce_sum(x));
      on_each_call(
          [&seen](const std::vector<Tensor> &values) { seen.push_back(static_cast<int>(values[0].item<float>())); },
          {total.value()});
      return x + bias;
    });
  };
  std::vector<int> seen[2];
  auto first = made(10.0f, seen[0]), second = made(20.0f, seen[1]);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(same_bits(first(ramp({3})), ramp({3}) + 10.0f));
    EXPECT_TRUE(same_bits(second(ramp({3})), ramp({3}) + 20.0f));
  }
  EXPECT_EQ(seen[0], (std::vector<int>{14, 19}));
  EXPECT_EQ(seen[1], (std::vector<int>{24, 29}));
}

TEST(SharedCode, MayBeMadeByManyThreads) {
  const Tensor x = ramp({6, 2}), expected = body(x);
  std::vector<int> right(8);
  std::vector<std::thread> threads;
  for (int &each : right)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i)
        each += same_bits(function(body)(x), expected);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(right, std::vector<int>(8, 5));
}

} // namespace
} // namespace etch
