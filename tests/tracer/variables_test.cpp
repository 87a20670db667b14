// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

TEST(TracedVariable, IsReadAtEachCall) {
  Variable v(1.0f, "v");
  auto traced = function([&] { return v + 1.0f; });
  EXPECT_EQ(traced().item<float>(), 2.0f);
  v.assign(5.0f);
  EXPECT_EQ(traced().item<float>(), 6.0f);
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(TracedVariable, IsWrittenInProgramOrder) {
  Variable v(0.0f, "v");
  auto traced = function([&](Tensor x) {
    v.assign(x);
    const Tensor first = v.value();
    v.assign_add(x);
    const Tensor second = v.value();
    v.assign_sub(1.0f);
    return std::make_tuple(first, second, v.value());
  });
  for (int call = 0; call < 3; ++call) {
    const auto [first, second, third] = traced(1.0f);
    EXPECT_EQ(first.item<float>(), 1.0f);
    EXPECT_EQ(second.item<float>(), 2.0f);
    EXPECT_EQ(third.item<float>(), 1.0f);
    EXPECT_EQ(v.value().item<float>(), 1.0f);
  }
}

TEST(TracedVariable, KeepsValuesReadBeforeAWrite) {
  Variable v(ramp({3}), "v");
  const Tensor before = v.value();
  auto traced = function([&] {
    const Tensor old = v.value();
    v.assign_add(ones({3}));
    return old;
  });
  EXPECT_TRUE(same_bits(traced(), ramp({3})));
  EXPECT_TRUE(same_bits(before, ramp({3})));
  EXPECT_TRUE(same_bits(v.value(), ramp({3}) + 1.0f));
}

TEST(TracedVariable, IsSharedByInnerFunctions) {
  Variable a(1.0f, "a"), b(1.0f, "b");
  auto inner = function([&](Tensor x) {
    a.assign_add(x);
    return b.value();
  });
  auto outer = function([&](Tensor x) {
    const Tensor before = inner(x);
    b.assign(a.value());
    return before + inner(x);
  });
  EXPECT_EQ(outer(2.0f).item<float>(), 4.0f);
  EXPECT_EQ(a.value().item<float>(), 5.0f);
  EXPECT_EQ(b.value().item<float>(), 3.0f);
}

TEST(TracedVariable, OutlivesItsHandle) {
  auto make = [] {
    Variable counter(0.0f, "counter");
    return function([counter] {
      counter.assign_add(1.0f);
      return counter.value();
    });
  };
  auto traced = make();
  EXPECT_EQ(traced().item<float>(), 1.0f);
  EXPECT_EQ(traced().item<float>(), 2.0f);
}

TEST(TracedVariable, KeepsTheShapeItWasMadeWith) {
  Variable v(ramp({2}), "v");
  auto body = [&](Tensor x) { v.assign(x); };
  const Error eager = error_of([&] { body(ramp({3})); });
  const Error traced = error_of([&] { function(body)(ramp({3})); });
  EXPECT_EQ(traced.summary(), eager.summary());
}

// An exception leaves what it leaves eagerly: the effects before it.
TEST(TracedVariable, HasTheEffectsBeforeAnException) {
  Variable v(0.0f, "v");
  auto throwing = function([&](Tensor x) {
    v.assign(x);
    if (x.defined())
      throw std::logic_error("by the user");
    v.assign(100.0f);
  });
  EXPECT_THROW(throwing(3.0f), std::logic_error);
  EXPECT_EQ(v.value().item<float>(), 3.0f);
  auto mismatched = function([&](Tensor x) {
    v.assign(4.0f);
    v.assign(reduce_sum(x + ramp({7})));
  });
  EXPECT_THROW(mismatched(ramp({3})), Error);
  EXPECT_EQ(v.value().item<float>(), 4.0f);
}

TEST(TracedVariable, HasTheEffectsBeforeAFailedCheck) {
  Variable before(0.0f, "before"), after(0.0f, "after");
  auto body = [&](Tensor x, Tensor index) {
    before.assign_add(1.0f);
    const Tensor rows = gather(x, index);
    after.assign_add(1.0f);
    return rows;
  };
  auto traced = function(body);
  const Tensor x = ramp({4, 2});
  EXPECT_TRUE(same_bits(traced(x, constant({3, 0})), gather(x, constant({3, 0}))));
  const Error eager = error_of([&] { body(x, constant({1, 4})); });
  const Error error = error_of([&] { traced(x, constant({1, 4})); });
  EXPECT_EQ(error.summary(), eager.summary());
  EXPECT_EQ(error.location().line, eager.location().line);
  EXPECT_EQ(before.value().item<float>(), 3.0f);
  EXPECT_EQ(after.value().item<float>(), 1.0f);
  EXPECT_EQ(traced.stats().replays, 1);
  EXPECT_TRUE(same_bits(traced(x, constant({2, 2})), gather(x, constant({2, 2}))));
  EXPECT_EQ(traced.trace_count(), 1);
}

std::string printed(const std::function<void()> &body) {
  std::cout.flush();
  testing::internal::CaptureStdout();
  body();
  return testing::internal::GetCapturedStdout();
}

TEST(TracedVariable, MustNotBeKeptWhereItIsAnArgument) {
  std::optional<Variable> kept;
  auto f = function(
      [&](Variable v) {
        kept = v;
        return v + 1.0f;
      },
      {.name = "f"});
  const Variable v(ramp({2}), "v");
  const Error error = error_of([&] { f(v); });
  EXPECT_EQ(error.summary(), "f: a Variable among the arguments is still held when the callable has returned, 'v'");
  EXPECT_EQ(error.help(), "which Variable it is differs from call to call; keep it outside");
  kept.reset();
  auto returns = function([](Variable v) { return std::pair(v, v + 1.0f); });
  EXPECT_EQ(returns(v).first.state(), v.state());
}

TEST(Variable, StaysWhatItIsWhenItIsMoved) {
  Variable v(1.0f, "v");
  const Variable other = std::move(v);
  EXPECT_EQ(v.name(), "v"); // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ((v + other).item<float>(), 2.0f);
}

TEST(TracedPrint, AppearsAtEachCallInProgramOrder) {
  auto body = [](Tensor x) {
    print("first {}", x);
    const Tensor y = x * 2.0f;
    print("then {}", y);
    return y;
  };
  auto traced = function(body);
  const std::string eager = printed([&] { body(1.0f); });
  EXPECT_EQ(printed([&] { traced(1.0f); }), eager);
  EXPECT_EQ(printed([&] { traced(1.0f); }), eager);
  EXPECT_NE(printed([&] { traced(4.0f); }), eager);
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(TracedPrint, StopsAtAFailedCheck) {
  auto body = [](Tensor x, Tensor index) {
    print("before {}", index);
    x = gather(x, index);
    print("after {}", x);
    return x;
  };
  auto traced = function(body);
  traced(ramp({3}), constant({0}));
  const auto failing = [&](auto &callable) {
    return printed([&] { EXPECT_THROW(callable(ramp({3}), constant({5})), Error); });
  };
  const std::string eager = failing(body);
  EXPECT_NE(eager.find("before"), std::string::npos);
  EXPECT_EQ(failing(traced), eager);
}

TEST(TracedVariable, LosesNoConcurrentAddition) {
  Variable total(0.0f, "total");
  auto add = function([&](Tensor x) { total.assign_add(x); });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int call = 0; call < 100; ++call)
        add(1.0f);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(total.value().item<float>(), 400.0f);
}

// Each call reads what the other writes.
TEST(TracedVariable, DoesNotDeadlockAcrossFunctions) {
  Variable a(1.0f, "a"), b(1.0f, "b");
  auto first = function([&] { a.assign(b.value()); });
  auto second = function([&] { b.assign(a.value()); });
  auto both = function([&] {
    b.assign_add(0.0f);
    a.assign_add(0.0f);
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread)
    threads.emplace_back([&, thread] {
      for (int call = 0; call < 50; ++call)
        thread % 3 == 0 ? first() : thread % 3 == 1 ? second() : both();
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(a.value().item<float>(), 1.0f);
}

} // namespace
} // namespace etch
