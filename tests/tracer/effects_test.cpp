// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks, prints and callbacks: what happens, in which order, and what does not.
#include "tests/tracer/bits.h"

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>

namespace etch {
namespace {

using test::both_ways;
using test::error_of;
using test::ramp;
using test::same_bits;

TEST(Check, ThrowsMessageValuesAndLine) {
  both_ways([] {
    int line = 0;
    auto f = function([&](Tensor x) {
      line = __LINE__ + 1;
      check(x < 3.0f, "x must stay below {}, got {}", 3.0f, x);
      return x + 1.0f;
    });
    EXPECT_TRUE(same_bits(f(ramp({3})), ramp({3}) + 1.0f));
    const Error error = error_of([&] { f(ramp({5})); });
    EXPECT_EQ(error.summary(), "check: x must stay below 3.0, got [0.5 1.5 2.5 3.5 4.5]");
    EXPECT_EQ(error.code(), ErrorCode::check);
    EXPECT_EQ(error.location().line, line);
    EXPECT_TRUE(same_bits(f(ramp({3})), ramp({3}) + 1.0f)) << "a failure is not sticky";
    EXPECT_EQ(error_of([&] { f(ramp({3}) + 2.0f); }).code(), ErrorCode::check);
  });
}

TEST(Check, RunsThoughNothingUsesIt) {
  both_ways([] {
    Variable n(Tensor(0), "n");
    auto f = function([&](Tensor i) {
      n.assign_add(1);
      check(i == 0, "i must be 0, got {}", i);
      n.assign_add(10);
    });
    f(0);
    EXPECT_EQ(n.value().item<int32_t>(), 11);
    EXPECT_EQ(error_of([&] { f(1); }).summary(), "check: i must be 0, got 1");
    EXPECT_EQ(n.value().item<int32_t>(), 12) << "what comes before has happened, what comes after has not";
    f(0);
    EXPECT_EQ(n.value().item<int32_t>(), 23);
  });
}

TEST(Check, TakesHostConditionsAndWholeTensors) {
  both_ways([] {
    auto f = function([](Tensor x, bool fine) {
      check(fine, "it must be fine");
      check(is_finite(x), "x must be finite");
      return x;
    });
    EXPECT_NO_THROW(f(ramp({2, 2}), true));
    EXPECT_NO_THROW(f(zeros({0}), true)) << "all of no elements";
    EXPECT_EQ(error_of([&] { f(ramp({2}), false); }).summary(), "check: it must be fine");
    EXPECT_EQ(error_of([&] { f(1.0f / zeros({2}), true); }).summary(), "check: x must be finite");
  });
}

TEST(Check, RefusesOtherConditionsAndFormats) {
  both_ways([] {
    EXPECT_EQ(error_of([] { function([](Tensor x) { check(x, "no"); })(ramp({2})); }).summary(),
              "check: the condition must be bool, got f32[2]");
    EXPECT_EQ(error_of([] { function([](Tensor x) { check(x < 1.0f, "{} {}", x); })(ramp({2})); }).summary(),
              "check: the format must have one {} per tensor, got 2 in \"{} {}\" and 1 tensor");
  });
}

TEST(Check, TheFirstInProgramOrderIsReported) {
  both_ways([] {
    auto f = function([](Tensor x) {
      const Tensor y = gather(x, constant({0}));
      check(x > 5.0f, "first {}", y);
      check(x > 7.0f, "second");
      return gather(x, constant({9}));
    });
    EXPECT_EQ(error_of([&] { f(ramp({3})); }).summary(), "check: first [0.5]");
    EXPECT_EQ(error_of([&] { f(ramp({3}) + 6.0f); }).summary(), "check: second");
    EXPECT_EQ(error_of([&] { f(ramp({3}) + 8.0f); }).code(), ErrorCode::out_of_range);
  });
}

TEST(OnEachCall, RunsOnEachCall) {
  both_ways([] {
    int traced_runs = 0, calls = 0;
    auto f = function([&](Tensor x) {
      ++traced_runs;
      on_each_call([&] { ++calls; });
      return x + 1.0f;
    });
    for (int i = 0; i < 3; ++i)
      f(ramp({2}));
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(traced_runs, functions_run_eagerly() ? 3 : 1);
  });
}

TEST(OnEachCall, BringsTheValuesOfItsPlace) {
  both_ways([] {
    std::vector<float> seen;
    Variable v(Tensor(1.0f), "v");
    auto f = function([&](Tensor x) {
      v.assign_add(x);
      on_each_call([&](const std::vector<Tensor> &values) { seen.push_back(values[0].item<float>()); }, {v.value()});
      v.assign_add(x);
    });
    f(1.0f);
    f(10.0f);
    EXPECT_EQ(seen, (std::vector<float>{2.0f, 13.0f}));
  });
}

TEST(OnEachCall, KeepsItsOrderAmongPrintsAndOthers) {
  both_ways([] {
    std::vector<std::string> order;
    auto f = function([&](Tensor x) {
      on_each_call([&] { order.push_back("a"); });
      print("between {}", x);
      on_each_call([&] { order.push_back("b"); });
      check(x < 3.0f, "too large");
      on_each_call([&] { order.push_back("c"); });
    });
    f(1.0f);
    EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "c"}));
    order.clear();
    EXPECT_THROW(f(5.0f), Error);
    EXPECT_EQ(order, (std::vector<std::string>{"a", "b"}));
  });
}

TEST(OnEachCall, MayThrowAndTheCallIsNotRepeated) {
  Variable n(Tensor(0.0f), "n");
  auto f = function([&](Tensor x) {
    n.assign_add(1.0f);
    on_each_call([] { zeros({int64_t{1} << 61, 4}); }); // more than there can be
    return x;
  });
  EXPECT_EQ(error_of([&] { f(1.0f); }).code(), ErrorCode::too_large);
  EXPECT_EQ(n.value().item<float>(), 1.0f);
}

TEST(OnEachCall, MayWaitForAThreadWithTheSameSignature) {
  std::function<Tensor(Tensor)> again;
  std::atomic<int> callbacks = 0;
  auto f = function([&](Tensor x) {
    on_each_call([&] {
      if (callbacks.fetch_add(1) == 0)
        std::thread([&] { EXPECT_THROW(again(ramp({2})), std::runtime_error); }).join();
    });
    if (x.rank() == 1)
      throw std::runtime_error("after the effect");
    return x;
  });
  again = f;
  EXPECT_THROW(f(ramp({2})), std::runtime_error);
  EXPECT_EQ(callbacks, 2);
}

TEST(OnEachCall, HasTheEffectsBeforeAnExceptionForTheShapesOfTheCall) {
  std::vector<int64_t> sizes;
  auto f = function(
      [&](Tensor x, Tensor y) -> Tensor {
        on_each_call([&](const std::vector<Tensor> &sum) { sizes.push_back(sum[0].dim(0)); }, {x + y});
        throw std::runtime_error("after the effect");
      },
      {.shapes = Shapes::rank});
  EXPECT_THROW(f(ramp({2}), ramp({2})), std::runtime_error);
  EXPECT_THROW(f(ramp({1}), ramp({3})), std::runtime_error) << "not what equal extents would be";
  EXPECT_EQ(error_of([&] { f(ramp({2}), ramp({3})); }).code(), ErrorCode::shape);
  EXPECT_EQ(sizes, (std::vector<int64_t>{2, 3}));
}

TEST(OnEachCall, HasItsCallbackFreedWithTheFunction) {
  auto alive = std::make_shared<int>(1);
  std::weak_ptr<int> watched = alive;
  {
    auto f = function([alive](Tensor x) {
      on_each_call([alive] { ++*alive; });
      return x;
    });
    auto outer = function([f](Tensor x) { return f(x) + 1.0f; });
    f(ramp({2}));
    outer(ramp({3}));
    EXPECT_EQ(*alive, 3);
    alive.reset();
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

TEST(OnEachCall, RefusesNothingToCall) {
  EXPECT_EQ(error_of([] { on_each_call(std::function<void()>()); }).summary(), "on_each_call: the callback is empty");
  EXPECT_EQ(error_of([] { on_each_call([](const std::vector<Tensor> &) {}, {Tensor()}); }).summary(),
            "on_each_call: the values must be defined, got an undefined Tensor");
}

TEST(RunFunctionsEagerly, CountsOnItsThreadWhileItLives) {
  int runs = 0;
  auto f = function([&](Tensor x) {
    ++runs;
    return x;
  });
  f(ramp({2}));
  {
    const RunFunctionsEagerly eagerly;
    f(ramp({2}));
    f(ramp({2}));
    EXPECT_EQ(runs, 3);
    {
      const RunFunctionsEagerly compiled(false);
      f(ramp({2}));
      EXPECT_EQ(runs, 3);
    }
    EXPECT_TRUE(functions_run_eagerly());
  }
  f(ramp({2}));
  EXPECT_EQ(runs, 3);
  auto never = function([&](Tensor x) { return ++runs, x; }, {.run_eagerly = true});
  never(ramp({2}));
  never(ramp({2}));
  EXPECT_EQ(runs, 5);
  EXPECT_EQ(never.trace_count(), 0);
}

} // namespace
} // namespace etch
