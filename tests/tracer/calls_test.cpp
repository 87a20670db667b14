// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that stay calls inside other functions.
#include "tests/tracer/bits.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

int calls_in(const std::string &text) {
  int count = 0;
  for (size_t at = text.find("etch.call "); at != std::string::npos; at = text.find("etch.call ", at + 1))
    ++count;
  return count;
}

/// Twice the same: inlined, and as calls.
template <class Run>
void both_forms(Run run) {
  for (const bool no_inline : {false, true}) {
    SCOPED_TRACE(no_inline ? "called" : "inlined");
    run(Options{.no_inline = no_inline});
  }
}

TEST(Call, HasTheSameBits) {
  const auto body = [](Tensor x, Tensor w) { return softmax(matmul(x, w)) * 1.1f + exp(x) / reduce_sum(x); };
  auto inner = function(body, {.name = "inner", .no_inline = true});
  const auto around = [](const auto &f) {
    return [&f](Tensor x, Tensor w) { return f(f(x * 0.5f, w) + 1.0f, transpose(w)) - x; };
  };
  auto outer = function(around(inner), {.name = "outer"});
  const Tensor x = ramp({5, 5}) / 20.0f, w = ramp({5, 5}) / 30.0f;
  EXPECT_TRUE(same_bits(outer(x, w), around(body)(x, w)));
  const auto trace = outer.trace(x, w);
  EXPECT_EQ(calls_in(trace.text()), 2) << trace.text();
  EXPECT_NE(trace.text().find("etch.call @inner"), std::string::npos) << trace.text();
  EXPECT_EQ(calls_in(trace.lower(Phase::optimized).text()), 2);
  for (const Phase phase : {Phase::kernels, Phase::exec, Phase::llvm, Phase::assembly})
    EXPECT_FALSE(trace.lower(phase).text().empty());
  EXPECT_NE(trace.graph().find("call inner"), std::string::npos) << trace.graph();
  EXPECT_EQ(verify(outer, x, w), "");
}

TEST(Call, SharesOneMachineCode) {
  auto inner = function([](Tensor x) { return tanh(x) * 2.0f; }, {.name = "inner", .no_inline = true});
  auto once = function([&](Tensor x) { return inner(x) + 1.0f; });
  auto ten_times = function([&](Tensor x) {
    for (int i = 0; i < 10; ++i)
      x = inner(x);
    return x;
  });
  once(ramp({8}));
  EXPECT_EQ(inner.stats().kernels, 1);
  ten_times(ramp({8}));
  inner(ramp({8}));
  EXPECT_EQ(inner.trace_count(), 1);
  EXPECT_EQ(inner.stats().kernels, 1) << "compiled once";
  EXPECT_EQ(once.stats().kernels, 2) << "the call and the addition";
  EXPECT_EQ(ten_times.stats().kernels, 10);
  EXPECT_EQ(ten_times.trace(ramp({8})).compile().kernel_count(), 10);
}

TEST(Call, IsMadeAboveTheLimit) {
  const auto body = [](Tensor x) {
    for (int i = 0; i < 20; ++i)
      x = x + 1.0f;
    return x;
  };
  auto inlined = function(body, {.inline_limit = 100}), called = function(body, {.inline_limit = 39});
  auto with_inlined = function([&](Tensor x) { return inlined(x); });
  auto with_called = function([&](Tensor x) { return called(x); });
  EXPECT_EQ(called.trace(ramp({2})).compile().op_count(), 40) << "numbers are operations, too";
  EXPECT_EQ(calls_in(with_inlined.trace(ramp({2})).text()), 0);
  EXPECT_EQ(calls_in(with_called.trace(ramp({2})).text()), 1);
  EXPECT_TRUE(same_bits(with_called(ramp({2})), body(ramp({2}))));
  EXPECT_EQ(error_of([] { function([] {}, {.inline_limit = -1}); }).summary(),
            "function: Options::inline_limit must be at least 0, got -1");
}

TEST(Call, KeepsEffectsInOrder) {
  both_forms([](const Options &options) {
    Variable v(Tensor(1.0f), "v"), w(Tensor(10.0f), "w");
    auto add = function([&](Tensor x) { v.assign_add(x); }, options);
    auto read = function([&] { return v + w; }, options);
    auto swap = function(
        [](Variable a, Variable b) {
          const Tensor old = a.value();
          a.assign(b);
          b.assign(old);
        },
        options);
    const auto body = [&](Tensor x) {
      std::vector<Tensor> seen{read()};
      add(x);
      seen.push_back(read());
      swap(v, w);
      add(x * 2.0f);
      seen.push_back(read());
      v.assign(v * 3.0f);
      seen.push_back(read());
      return seen;
    };
    const auto run = [&](auto &&call) {
      v.assign(1.0f);
      w.assign(10.0f);
      std::vector<float> values;
      for (int i = 0; i < 2; ++i)
        for (const Tensor &tensor : call(Tensor(5.0f)))
          values.push_back(tensor.template item<float>());
      values.push_back(v.value().item<float>());
      values.push_back(w.value().item<float>());
      return values;
    };
    auto outer = function(body);
    const auto traced = run(outer);
    const RunFunctionsEagerly eagerly;
    EXPECT_EQ(traced, run(body));
  });
}

TEST(Call, TakesTheSameVariableTwice) {
  both_forms([](const Options &options) {
    auto twice = function(
        [](Variable a, Variable b) {
          a.assign_add(b);
          b.assign_add(a);
        },
        options);
    Variable v(ramp({2}), "v"), w(ramp({2}) + 1.0f, "w");
    auto outer = function([&](Variable x) {
      twice(x, w);
      twice(x, x);
      twice(w, x);
    });
    outer(v);
    const Tensor traced_v = v.value(), traced_w = w.value();
    v.assign(ramp({2}));
    w.assign(ramp({2}) + 1.0f);
    const RunFunctionsEagerly eagerly;
    outer(v);
    EXPECT_TRUE(same_bits(traced_v, v.value()));
    EXPECT_TRUE(same_bits(traced_w, w.value()));
  });
}

TEST(Call, PrintsAndCallsBackInOrder) {
  std::vector<std::string> all;
  for (const bool no_inline : {false, true}) {
    testing::internal::CaptureStdout();
    std::string heard;
    auto inner = function(
        [&](Tensor x) {
          print("inner {}", x);
          on_each_call([&](const std::vector<Tensor> &values) { heard += std::to_string(values[0].item<float>()); },
                       {x});
          return x * 2.0f;
        },
        {.no_inline = no_inline});
    auto outer = function([&](Tensor x) {
      print("before");
      const Tensor y = inner(x);
      print("between {}", y);
      inner(y);
      print("after");
      return y;
    });
    for (const float x : {1.0f, 7.0f})
      outer(x);
    all.push_back(testing::internal::GetCapturedStdout() + heard);
  }
  EXPECT_EQ(all[0],
            "before\ninner 1.0\nbetween 2.0\ninner 2.0\nafter\nbefore\ninner 7.0\nbetween 14.0\ninner 14.0\nafter\n"
            "1.0000002.0000007.00000014.000000");
  EXPECT_EQ(all[1], all[0]);
}

TEST(Call, FailsWithTheLineOfItsCallable) {
  int line = 0;
  Variable v(Tensor(0), "v");
  auto inner = function(
      [&](Tensor x) {
        v.assign_add(1);
        line = __LINE__ + 1;
        check(x < 10.0f, "x must be small, got {}", x);
        v.assign_add(100);
        return x;
      },
      {.no_inline = true});
  auto outer = function([&](Tensor x) {
    v.assign_add(10);
    const Tensor y = inner(x);
    check(x < 5.0f, "later");
    return inner(y + 8.0f);
  });
  EXPECT_EQ(outer(1.0f).item<float>(), 9.0f);
  EXPECT_EQ(v.value().item<int32_t>(), 212);
  const Error error = error_of([&] { outer(3.0f); });
  EXPECT_EQ(error.summary(), "check: x must be small, got 11.0");
  EXPECT_EQ(error.location().line, line);
  EXPECT_EQ(v.value().item<int32_t>(), 212 + 10 + 101 + 1) << "what comes before it has happened";
  EXPECT_EQ(error_of([&] { outer(7.0f); }).summary(), "check: later");
  EXPECT_EQ(error_of([&] { outer(12.0f); }).summary(), "check: x must be small, got 12.0");
  EXPECT_EQ(outer(1.0f).item<float>(), 9.0f) << "and the next call works";
}

TEST(Call, FailsForIndicesOutOfRange) {
  auto inner = function([](Tensor x, Tensor i) { return gather(x, i, 0); }, {.no_inline = true});
  auto outer = function([&](Tensor x, Tensor i) { return inner(x * 2.0f, i) + 1.0f; });
  EXPECT_TRUE(same_bits(outer(ramp({3}), constant({2, 0})), constant({6.0f, 2.0f})));
  EXPECT_EQ(error_of([&] { outer(ramp({3}), constant({2, 3})); }).summary(),
            error_of([&] { gather(ramp({3}), constant({2, 3}), 0); }).summary());
}

TEST(Call, KnowsItsExtentsAtRunTime) {
  for (const Shapes shapes : {Shapes::exact, Shapes::relax, Shapes::rank}) {
    auto inner = function([](Tensor x, Tensor y) { return std::pair(concat({x, y}, 0) * 2.0f, reduce_sum(y)); },
                          {.shapes = shapes, .no_inline = true});
    const auto body = [&](Tensor x, Tensor y) {
      const auto [all, sum] = inner(x, y + 1.0f);
      return all - sum;
    };
    auto outer = function(body, {.input_signature = {spec<float>({dyn}), spec<float>({dyn})}});
    auto exact = function(body);
    for (const auto &[n, m] : {std::pair<int64_t, int64_t>{2, 4}, {1, 1}, {3, 5}, {0, 2}, {2, 0}}) {
      const Tensor expected = concat({ramp({n}), ramp({m}) + 1.0f}, 0) * 2.0f - reduce_sum(ramp({m}) + 1.0f);
      EXPECT_TRUE(same_bits(outer(ramp({n}), ramp({m})), expected));
      EXPECT_TRUE(same_bits(exact(ramp({n}), ramp({m})), expected));
    }
    EXPECT_EQ(outer.trace_count(), 1);
    EXPECT_GT(calls_in(outer.trace(spec<float>({dyn}), spec<float>({dyn})).text()), 0);
  }
}

TEST(Call, ReturnsWhatItWasGiven) {
  const Tensor table = ramp({4});
  auto inner =
      function([&](Tensor x, Tensor y) { return std::tuple(y, table, x, x, x + table, 7); }, {.no_inline = true});
  auto outer = function([&](Tensor x) { return inner(x, x); });
  const auto [y, t, x, again, sum, seven] = outer(ones({4}));
  EXPECT_TRUE(same_bits(y, ones({4})));
  EXPECT_TRUE(same_bits(t, table));
  EXPECT_TRUE(same_bits(x, ones({4})));
  EXPECT_TRUE(same_bits(again, ones({4})));
  EXPECT_TRUE(same_bits(sum, ones({4}) + table));
  EXPECT_EQ(seven, 7);
  auto identity = function([](Tensor x) { return x; }, {.no_inline = true});
  auto around = function([&](Tensor x) { return identity(identity(x)); });
  EXPECT_TRUE(same_bits(around(ramp({2})), ramp({2})));
  auto nothing = function([](Tensor) {}, {.no_inline = true});
  EXPECT_NO_THROW(function([&](Tensor x) { nothing(x); })(ramp({2})));
}

TEST(Call, TakesNumbersAndEagerTensors) {
  auto inner = function([](Tensor x, Tensor rate) { return x * rate + rate; }, {.no_inline = true});
  const Tensor captured = ramp({3}), half = 0.5f;
  auto outer = function([&](Tensor x) { return inner(x, 2.0f) + inner(captured, half) + half * captured; });
  EXPECT_TRUE(same_bits(outer(ramp({3})), (ramp({3}) * 2.0f + 2.0f) + (captured * 0.5f + 0.5f) + half * captured));
}

TEST(Call, MayBeOfAFunctionThatCalls) {
  for (const bool middle_stays : {false, true}) {
    Variable v(Tensor(0.0f), "v");
    auto innermost = function(
        [&](Tensor x, Tensor a) {
          v.assign_add(reduce_sum(x));
          return x * a;
        },
        {.name = "innermost", .no_inline = true});
    auto middle = function([&](Tensor x, Tensor a) { return innermost(x + 1.0f, a) + innermost(x, 3.0f); },
                           {.name = "middle", .no_inline = middle_stays});
    const auto body = [&](Tensor x) { return middle(middle(x, 2.0f), Tensor(0.5f)) + x; };
    auto outer = function(body);
    const Tensor traced = outer(ramp({3}));
    const float sum = v.value().item<float>();
    v.assign(0.0f);
    const RunFunctionsEagerly eagerly;
    EXPECT_TRUE(same_bits(traced, body(ramp({3}))));
    EXPECT_EQ(sum, v.value().item<float>());
    const RunFunctionsEagerly traced_again(false);
    EXPECT_EQ(calls_in(outer.trace(ramp({3})).text()), middle_stays ? 2 : 4);
  }
}

TEST(Call, IsInlinedWhereItUsesTheOuterTrace) {
  auto outer = function([](Tensor x, Tensor y) {
    auto inner = function([&](Tensor z) { return z * y; }, {.no_inline = true});
    return inner(x) + inner(y);
  });
  EXPECT_TRUE(same_bits(outer(ramp({3}), ramp({3}) + 1.0f),
                        ramp({3}) * (ramp({3}) + 1.0f) + (ramp({3}) + 1.0f) * (ramp({3}) + 1.0f)));
  EXPECT_EQ(calls_in(outer.trace(ramp({3}), ramp({3})).text()), 0);
}

TEST(Call, OutlivesTheCacheOfItsFunction) {
  auto inner = std::make_unique<Function<Tensor(Tensor)>>(
      function([](Tensor x) { return sin(x) * 3.0f; }, {.no_inline = true, .cache_entries = 1}));
  const Tensor expected = sin(ramp({3})) * 3.0f + 1.0f;
  std::optional<Function<Tensor(Tensor)>> outer =
      function([&](Tensor x) { return (*inner)(x) + 1.0f; }, {.name = "outer"});
  const auto concrete = outer->concrete(ramp({3}));
  concrete(ramp({3}));
  (*inner)(ramp({4})); // evicts
  EXPECT_EQ(inner->stats().evictions, 1);
  EXPECT_TRUE(same_bits(concrete(ramp({3})), expected));
  inner->clear_cache();
  inner.reset();
  EXPECT_TRUE(same_bits(concrete(ramp({3})), expected));
  outer.reset();
  EXPECT_TRUE(same_bits(concrete(ramp({3})), expected));
}

TEST(Call, IsCompiledWhenItsFunctionIsGone) {
  auto inner =
      std::make_unique<Function<Tensor(Tensor)>>(function([](Tensor x) { return cos(x) * 3.0f; }, {.no_inline = true}));
  auto outer = function([&](Tensor x) { return (*inner)(x) + 1.0f; }, {.name = "outer"});
  const auto concrete = outer.concrete(ramp({3}));
  inner.reset();
  EXPECT_TRUE(same_bits(concrete(ramp({3})), cos(ramp({3})) * 3.0f + 1.0f));
}

TEST(Call, AsksForLateTensorsAtEachCall) {
  Tensor rate = 2.0f;
  auto inner = function([&](Tensor x) { return x * late([&] { return rate; }); }, {.no_inline = true});
  auto outer = function([&](Tensor x) { return inner(x) + 1.0f; });
  EXPECT_TRUE(same_bits(outer(ramp({2})), ramp({2}) * 2.0f + 1.0f));
  rate = 3.0f;
  EXPECT_TRUE(same_bits(outer(ramp({2})), ramp({2}) * 3.0f + 1.0f));
}

TEST(Call, MayBeRecursive) {
  std::function<Tensor(Tensor, int)> recurse;
  auto power =
      function([&](Tensor x, int n) { return n == 0 ? x * 0.0f + 1.0f : x * recurse(x, n - 1); }, {.no_inline = true});
  recurse = [&](Tensor x, int n) { return power(x, n); };
  EXPECT_EQ(power(Tensor(2.0f), 10).item<float>(), 1024.0f);
  EXPECT_EQ(power.trace_count(), 11);
  EXPECT_EQ(calls_in(power.trace(Tensor(2.0f), 10).text()), 1);
}

TEST(Call, RunsOnManyThreads) {
  auto inner = function([](Tensor x) { return matmul(x, x) * 0.01f; }, {.no_inline = true});
  Variable calls(Tensor(0), "calls");
  auto outer = function([&](Tensor x) {
    calls.assign_add(1);
    return inner(inner(x)) + inner(x);
  });
  const auto expected = [&](const Tensor &x) {
    const auto f = [](const Tensor &y) { return matmul(y, y) * 0.01f; };
    return f(f(x)) + f(x);
  };
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      const Tensor x = ramp({3 + static_cast<int64_t>(t % 2), 3 + static_cast<int64_t>(t % 2)});
      for (int i = 0; i < 25; ++i)
        wrong[t] += !same_bits(outer(x), expected(x));
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
  EXPECT_EQ(calls.value().item<int32_t>(), 100);
  EXPECT_EQ(inner.trace_count(), 2);
}

TEST(Call, DrawsTheSameRandomNumbers) {
  std::vector<Tensor> drawn;
  for (const bool no_inline : {false, true}) {
    Generator generator(7);
    auto inner = function([&](Tensor x) { return x + generator.uniform({3}); }, {.no_inline = no_inline});
    auto outer = function([&](Tensor x) { return inner(inner(x)); });
    outer(ones({3}));
    drawn.push_back(outer(ones({3})));
  }
  EXPECT_TRUE(same_bits(drawn[0], drawn[1]));
}

} // namespace
} // namespace etch
