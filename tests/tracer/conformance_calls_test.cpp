// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The cases of conformance_test.cpp that are about functions inside functions, threads and shapes met later.
#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"
#include "tests/tracer/traced_or_not.h"

#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

class CallConformance : public test::TracedOrNot {};
INSTANTIATE_TEST_SUITE_P(Both, CallConformance, testing::Bool(), test::TracedOrNot::name);

TEST_P(CallConformance, ShapesRelaxInOneOrder) {
  auto f = function([](Tensor x) { return softmax(x) + reduce_sum(x); }, {.shapes = Shapes::relax});
  int64_t traces[] = {1, 1, 2, 2, 2, 3, 4}, call = 0;
  for (const Shape &shape : std::vector<Shape>{{1, 2}, {1, 2}, {2, 2}, {3, 2}, {4, 2}, {2, 1}, {2}}) {
    EXPECT_TRUE(same_bits(f(ramp(shape)), softmax(ramp(shape)) + reduce_sum(ramp(shape))));
    expect_traces(f, traces[call++]);
  }
}

TEST_P(CallConformance, InnerFunctionsAreTracedOnce) {
  auto inner = function([](Tensor x) { return x * 1.5f + 1.0f; });
  auto outer = function([&](Tensor x) {
    for (int i = 0; i < 10; ++i)
      x = inner(x);
    return x;
  });
  Tensor expected = ramp({3});
  for (int i = 0; i < 10; ++i)
    expected = expected * 1.5f + 1.0f;
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(same_bits(outer(ramp({3})), expected));
  EXPECT_TRUE(same_bits(inner(ramp({3})), ramp({3}) * 1.5f + 1.0f));
  expect_traces(inner, 1);
  expect_traces(outer, 1);
}

TEST_P(CallConformance, WarmEffectsKeepProgramOrder) {
  const Variable v(Tensor(0.0f), "v"), unread(Tensor(0.0f), "unread");
  auto assigned = function([&](Tensor x) { return v.assign(x), v.value(); });
  auto added = function([&](Tensor x) {
    unread.assign_add(x); // whose value nobody uses
    return v.assign_add(x), v.value();
  });
  auto body = function([&](Tensor start) {
    const Tensor first = assigned(start);
    check(first == start, "after assign {}", first);
    return std::pair(first, added(1.0f));
  });
  for (int run = 0; run < 30; ++run) {
    const auto [first, second] = body(static_cast<float>(run));
    EXPECT_EQ(first.item<float>(), static_cast<float>(run));
    EXPECT_EQ(second.item<float>(), static_cast<float>(run) + 1.0f);
  }
  EXPECT_EQ(unread.value().item<float>(), 30.0f);
  expect_traces(body, 1);
}

TEST_P(CallConformance, ManyThreadsCallWithValuesOfTheirOwn) {
  auto f = function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.cache_entries = 128});
  test::in_threads(100, [&](int i) { EXPECT_EQ(f(2.0f, i).item<float>(), 2.0f * static_cast<float>(i)); });
  expect_traces(f, 100);
}

TEST_P(CallConformance, ValuesOfAnEndedTraceAreOutOfScopeInOthers) {
  Tensor kept;
  auto first = function([&](Tensor x) { return kept = x * 2.0f, x; }, {.name = "first"});
  auto second = function([&](Tensor x) { return x + kept; }, {.name = "second"});
  if (!traced()) {
    first(ramp({2}));
    EXPECT_TRUE(same_bits(second(ramp({2})), ramp({2}) * 3.0f));
    return;
  }
  error_of([&] { first(ramp({2})); });
  const Error error = error_of([&] { second(ramp({2})); });
  EXPECT_NE(error.summary().find("first"), std::string::npos) << error.what();
  EXPECT_NE(error.summary().find("conformance_calls_test.cpp:"), std::string::npos) << error.what();
}

TEST_P(CallConformance, RecursionOnWhatATensorHoldsEnds) {
  std::optional<Function<Tensor(Tensor)>> halve;
  halve = function([&](Tensor x) { return static_cast<bool>(x < 1.0f) ? x : (*halve)(x * 0.5f); }, {.name = "halve"});
  if (traced())
    EXPECT_EQ(error_of([&] { (*halve)(8.0f); }).code(), ErrorCode::tracing);
  else
    EXPECT_EQ((*halve)(8.0f).item<float>(), 0.5f);
}

TEST_P(CallConformance, AShapeThatIsWrittenDownFitsNoOther) {
  auto f = function([](Tensor x) { return reshape(x, {2, 3}); });
  EXPECT_TRUE(same_bits(f(ramp({6})), ramp({2, 3})));
  const Error error = error_of([&] { f(ramp({8})); });
  EXPECT_EQ(error.summary(), error_of([&] { reshape(ramp({8}), {2, 3}); }).summary());
  EXPECT_TRUE(same_bits(f(ramp({6})), ramp({2, 3})));
}

TEST_P(CallConformance, AnotherThreadMayDropAndMakeAnew) {
  const auto made = [] {
    return std::make_unique<Function<Tensor(Tensor)>>(function([](Tensor x) { return exp(x); }));
  };
  auto f = made();
  std::thread([&] { (*f)(ramp({3})); }).join();
  expect_traces(*f, 1);
  std::thread([&] {
    f.reset();
    f = made();
    EXPECT_TRUE(same_bits((*f)(ramp({3})), exp(ramp({3}))));
  }).join();
  EXPECT_TRUE(same_bits((*f)(ramp({3})), exp(ramp({3}))));
  expect_traces(*f, 1);
}

TEST_P(CallConformance, ThreadsWithGeneratorsOfTheirOwnRepeatTheirDraws) {
  const auto draws = [](uint64_t seed) {
    Generator generator(seed);
    auto f = function([&](Tensor x) { return x + generator.uniform({4}); });
    std::vector<Tensor> drawn;
    for (int i = 0; i < 5; ++i)
      drawn.push_back(f(ramp({4})));
    return drawn;
  };
  std::vector<std::vector<Tensor>> all(8);
  test::in_threads(8, [&](int i) { all[static_cast<size_t>(i)] = draws(static_cast<uint64_t>(i / 2)); });
  for (size_t i = 0; i < all.size(); i += 2)
    for (size_t draw = 0; draw < all[i].size(); ++draw) {
      EXPECT_TRUE(same_bits(all[i][draw], all[i + 1][draw]));
      EXPECT_FALSE(same_bits(all[i][draw], all[(i + 2) % 8][draw]));
    }
}

} // namespace
} // namespace etch
