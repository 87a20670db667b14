// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that call Functions.
#include "tests/tracer/bits.h"

#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

struct Pair {
  Tensor x;
  int n;
  std::string name;
};

TEST(Nested, IsTracedOncePerSignature) {
  int runs = 0;
  auto inner = function([&](Tensor x) {
    ++runs;
    return x * 2.0f + 1.0f;
  });
  auto outer = function([&](Tensor x) {
    for (int i = 0; i < 10; ++i)
      x = inner(x);
    return x;
  });
  Tensor expected = ramp({3});
  for (int i = 0; i < 10; ++i)
    expected = expected * 2.0f + 1.0f;
  EXPECT_TRUE(same_bits(outer(ramp({3})), expected));
  EXPECT_TRUE(same_bits(outer(ramp({3})), expected));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(inner.trace_count(), 1);
  EXPECT_EQ(outer.trace_count(), 1);
  EXPECT_TRUE(same_bits(inner(ramp({3})), ramp({3}) * 2.0f + 1.0f));
  EXPECT_EQ(inner.trace_count(), 1) << "the same trace at top level";
  inner(ramp({4}));
  EXPECT_EQ(inner.trace_count(), 2);
}

TEST(Nested, TakesExtentsThatTheOuterTraceDoesNotKnow) {
  auto inner = function([](Tensor x, Tensor y) { return concat({x, y}, 0) * 2.0f; });
  auto halves = function([](Tensor x) { return reshape(x, {-1, 2}); });
  auto outer = function([&](Tensor x, Tensor y) { return reduce_sum(halves(inner(x, y)), {1}); },
                        {.input_signature = {spec<float>({dyn}), spec<float>({dyn})}});
  for (const auto &[n, m] : {std::pair<int64_t, int64_t>{2, 4}, {1, 1}, {3, 5}, {0, 2}})
    EXPECT_TRUE(same_bits(outer(ramp({n}), ramp({m})),
                          reduce_sum(reshape(concat({ramp({n}), ramp({m})}, 0) * 2.0f, {-1, 2}), {1})));
  EXPECT_EQ(outer.trace_count(), 1);
  EXPECT_EQ(inner.trace_count(), 1);
  EXPECT_EQ(error_of([&] { outer(ramp({2}), ramp({1})); }).code(), ErrorCode::shape);
}

TEST(Nested, FallsBackToTheCallableWhereNotAllExtentsWillDo) {
  auto inner = function([](Tensor x) { return reshape(x, {2, 3}); });
  auto outer = function([&](Tensor x) { return inner(x + 1.0f); }, {.input_signature = {spec<float>({dyn})}});
  EXPECT_TRUE(same_bits(outer(ramp({6})), reshape(ramp({6}) + 1.0f, {2, 3})));
  const Error traced = error_of([&] { outer(ramp({5})); });
  const Error eager = error_of([&] { reshape(ramp({5}) + 1.0f, {2, 3}); });
  EXPECT_EQ(traced.summary(), eager.summary());
}

TEST(Nested, ReturnsStructsAndValues) {
  auto inner =
      function([](Tensor x, int n) { return Pair{x + 1.0f, n * 2, std::string(static_cast<size_t>(n), 'n')}; });
  auto outer = function([&](Tensor x) {
    const Pair pair = inner(x, 3);
    return Pair{pair.x * static_cast<float>(pair.n), pair.n, pair.name + "!"};
  });
  for (int repeat = 0; repeat < 2; ++repeat) {
    const Pair pair = outer(ramp({2}));
    EXPECT_TRUE(same_bits(pair.x, (ramp({2}) + 1.0f) * 6.0f));
    EXPECT_EQ(pair.n, 6);
    EXPECT_EQ(pair.name, "nnn!");
  }
}

TEST(Nested, KeepsEffectsInProgramOrder) {
  for (int run = 0; run < 30; ++run) {
    Variable v(Tensor(0), "v");
    auto assign_one = function([&] { v.assign(1); });
    auto add_one = function([&] { v.assign_add(1); });
    auto body = [&] {
      assign_one();
      check(v == 1, "after the assignment: {}", v);
      add_one();
      check(v == 2, "after the addition: {}", v);
      return v.value();
    };
    EXPECT_EQ(function(body)().item<int32_t>(), 2);
    EXPECT_EQ(v.value().item<int32_t>(), 2);
  }
}

TEST(Nested, ReadsBeforeLaterWrites) {
  for (int run = 0; run < 30; ++run) {
    Variable v(Tensor(1.0f), "v");
    auto read = function([&] { return v + 1.0f; });
    auto outer = function([&] {
      const Tensor seen = read();
      v.assign_add(2.0f);
      return seen;
    });
    EXPECT_EQ(outer().item<float>(), 2.0f);
    EXPECT_EQ(v.value().item<float>(), 3.0f);
  }
}

TEST(Nested, MayUseValuesOfTheOuterTrace) {
  const auto body = [](Tensor x, Tensor y) {
    auto inner = function([&](Tensor z) {
      auto innermost = function([&] { return x * z + y; });
      return innermost() - x;
    });
    return inner(y) + inner(x);
  };
  auto outer = function(body);
  EXPECT_TRUE(same_bits(outer(ramp({3}), ramp({3}) + 2.0f), body(ramp({3}), ramp({3}) + 2.0f)));
  auto open = function(body, {.input_signature = {spec<float>({dyn}), spec<float>({dyn})}});
  for (const int64_t n : {1, 3, 7})
    EXPECT_TRUE(same_bits(open(ramp({n}), ramp({n}) + 2.0f), body(ramp({n}), ramp({n}) + 2.0f)));
  EXPECT_EQ(open.trace_count(), 1);
}

TEST(Nested, TakesVariables) {
  auto twice = function([](Variable a, Variable b) {
    a.assign_add(b);
    b.assign_add(a);
  });
  Variable v(ramp({2}), "v"), w(ramp({2}) + 1.0f, "w");
  auto outer = function([&](Variable x) {
    twice(x, w);
    twice(x, x);
    twice(w, x);
  });
  const auto run = [&](auto &&call) {
    v.assign(ramp({2}));
    w.assign(ramp({2}) + 1.0f);
    call(v);
    call(w);
    return std::pair(v.value(), w.value());
  };
  const auto traced = run(outer);
  const auto eager = run([&](const Variable &x) {
    const RunFunctionsEagerly scope;
    outer(x);
  });
  EXPECT_TRUE(same_bits(traced.first, eager.first));
  EXPECT_TRUE(same_bits(traced.second, eager.second));
}

TEST(Nested, MayRunItsCallableEagerlyInside) {
  int runs = 0;
  auto inner = function([&](Tensor x) { return ++runs, x + 1.0f; }, {.run_eagerly = true});
  auto outer = function([&](Tensor x) { return inner(inner(x)); });
  EXPECT_TRUE(same_bits(outer(ramp({2})), ramp({2}) + 1.0f + 1.0f));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(inner.trace_count(), 0);
}

TEST(Nested, HasTheErrorsOfItsCallable) {
  auto inner = function([](Tensor a, Tensor b) { return matmul(a, b); }, {.name = "inner"});
  auto outer = function([&](Tensor a) { return inner(a, a); }, {.name = "outer"});
  const Error error = error_of([&] { outer(ramp({2, 3})); });
  EXPECT_EQ(error.summary(), "matmul: inner dimensions must match, got a: f32[2,3] and b: f32[2,3] (3 != 2)");
  auto narrow = function([](Tensor x) { return x; }, {.name = "narrow", .input_signature = {spec<float>({2})}});
  auto wide = function([&](Tensor x) { return narrow(x); });
  EXPECT_EQ(error_of([&] { wide(ramp({3})); }).summary(),
            "narrow: argument 0 must be f32[2] by the input signature, got f32[3]");
}

TEST(Nested, HasItsEffectsOnceWhereItCannotBeInlined) {
  Variable n(Tensor(0.0f), "n");
  auto inner = function(
      [&](Tensor x) {
        n.assign_add(1.0f);
        reshape(x, {7});
        return x;
      },
      {.shapes = Shapes::rank});
  const auto body = [&](Tensor x) {
    try {
      inner(x);
    } catch (const Error &) {
      n.assign_add(10.0f);
    }
    return n.value();
  };
  auto outer = function(body);
  EXPECT_EQ(outer(ones({2})).item<float>(), 11.0f);
  EXPECT_EQ(outer(ones({2})).item<float>(), 22.0f);
}

TEST(Nested, IsNotInlinedWhereItsAssumptionsAreFalse) {
  const auto body = [](Tensor x, Tensor y) {
    try {
      return x + y;
    } catch (const Error &) {
      return x * 0.0f;
    }
  };
  auto inner = function(body, {.shapes = Shapes::rank});
  inner(ramp({2}), ramp({2}));
  auto outer = function([&](Tensor x, Tensor y) { return inner(x, y); });
  EXPECT_TRUE(same_bits(outer(ramp({2}), ramp({3})), ramp({2}) * 0.0f));
  EXPECT_TRUE(same_bits(outer(ramp({1}), ramp({3})), ramp({1}) + ramp({3})));
}

TEST(Nested, MayAskForExtentsThatTheOuterTraceKnows) {
  for (const Shapes shapes : {Shapes::relax, Shapes::rank}) {
    auto inner = function([](Tensor x) { return x * static_cast<float>(x.dim(0)); }, {.shapes = shapes});
    auto outer = function([&](Tensor x) { return inner(x); });
    for (const int64_t n : {2, 3, 4})
      EXPECT_TRUE(same_bits(outer(ramp({n})), ramp({n}) * static_cast<float>(n)));
    EXPECT_NO_THROW(inner.trace(ramp({5})));
    EXPECT_EQ(verify(inner, ramp({6})), "");
  }
}

TEST(Nested, HoldsTheOuterTraceToItsInputSignature) {
  auto inner = function([](Tensor x) { return x + 1.0f; }, {.name = "inner", .input_signature = {spec<float>({3})}});
  for (const Shapes shapes : {Shapes::rank, Shapes::relax}) {
    auto outer = function([&](Tensor x) { return inner(x) * 2.0f; }, {.shapes = shapes});
    EXPECT_TRUE(same_bits(outer(ramp({3})), (ramp({3}) + 1.0f) * 2.0f));
    for (int repeat = 0; repeat < 2; ++repeat) {
      const Error error = error_of([&] { outer(ramp({4})); });
      EXPECT_EQ(error.summary(), error_of([&] { inner(ramp({4})); }).summary());
    }
    EXPECT_TRUE(same_bits(outer(ramp({3})), (ramp({3}) + 1.0f) * 2.0f));
  }
}

TEST(Nested, MayBeAConcreteFunctionWhoseAssumptionsAreFalse) {
  auto inner = function([](Tensor x, Tensor y) { return x + y; }, {.shapes = Shapes::rank});
  const auto concrete = inner.trace(ramp({2}), ramp({2})).compile(); // takes equal extents for granted
  auto outer = function([&](Tensor x, Tensor y) { return concrete(x, y) * 2.0f; });
  EXPECT_TRUE(same_bits(outer(ramp({3}), ramp({3})), (ramp({3}) + ramp({3})) * 2.0f));
  EXPECT_TRUE(same_bits(outer(ramp({3}), ramp({1})), (ramp({3}) + ramp({1})) * 2.0f));
  EXPECT_EQ(error_of([&] { outer(ramp({3}), ramp({2})); }).summary(),
            error_of([] { ramp({3}) + ramp({2}); }).summary());
}

TEST(Nested, MayUseAVariableArgumentOfTheOuterFunction) {
  auto outer = function([](Variable v, Tensor x) {
    auto inner = function([&](Tensor y) {
      v.assign_add(y);
      return v * 2.0f;
    });
    return inner(x) + inner(x);
  });
  const Variable a(ramp({2}), "a"), b(ramp({2}) + 5.0f, "b");
  for (const Variable &v : {a, b, a}) {
    const Tensor before = v.value(), x = ramp({2});
    const Tensor once = before + x, twice = once + x;
    EXPECT_TRUE(same_bits(outer(v, x), once * 2.0f + twice * 2.0f));
    EXPECT_TRUE(same_bits(v.value(), twice));
  }
  EXPECT_EQ(outer.trace_count(), 1);
}

TEST(Nested, MakesVariablesFromAVariableArgumentOfTheOuterFunction) {
  std::optional<Variable> made;
  auto inner = function([&](Tensor y) {
    if (!made)
      made.emplace(y * 3.0f, "made");
    return *made + y;
  });
  auto outer = function([&](Variable v) { return inner(v.value() + 1.0f); });
  const Variable v(ramp({2}), "v");
  EXPECT_TRUE(same_bits(outer(v), (ramp({2}) + 1.0f) * 3.0f + (ramp({2}) + 1.0f)));
  EXPECT_TRUE(same_bits(made->value(), (ramp({2}) + 1.0f) * 3.0f));
}

TEST(Nested, MayThrowWhatIsNoErrorAfterUsingOpenExtents) {
  Variable n(0.0f, "n");
  auto outer = function(
      [&](Tensor x) {
        auto inner = function([&] {
          n.assign_add(reduce_sum(x) / x.dim(0));
          throw std::runtime_error("inside");
        });
        try {
          inner();
        } catch (const std::runtime_error &) {
        }
        return x + n;
      },
      {.shapes = Shapes::rank});
  float sum = 0;
  for (const int64_t size : {2, 5}) {
    sum += (reduce_sum(ramp({size})) / static_cast<float>(size)).item<float>();
    EXPECT_TRUE(same_bits(outer(ramp({size})), ramp({size}) + sum));
  }
}

TEST(Nested, MayBeWrappedOnceMore) {
  auto inner = function([](const Tensor &x, int n) { return x * static_cast<float>(n); }, {.name = "inner"});
  auto outer = function(inner, {.name = "outer", .shapes = Shapes::rank});
  for (const int64_t n : {2, 3, 4})
    EXPECT_TRUE(same_bits(outer(ramp({n}), 3), ramp({n}) * 3.0f));
  EXPECT_EQ(outer.trace_count(), 1);
  EXPECT_TRUE(same_bits(function(outer)(ramp({2}), 3), ramp({2}) * 3.0f));
}

TEST(Recursion, EndsByValues) {
  Function<Tensor(Tensor, int)> power = function([](Tensor x, int) { return x; });
  auto *self = &power;
  power = function([self](Tensor x, int n) { return n == 0 ? x * 0.0f + 1.0f : x * (*self)(x, n - 1); });
  EXPECT_TRUE(same_bits(power(ramp({2}), 5), [] {
    Tensor y = ramp({2}) * 0.0f + 1.0f;
    for (int i = 0; i < 5; ++i)
      y = ramp({2}) * y;
    return y;
  }()));
  EXPECT_EQ(power.trace_count(), 6);
  power(ramp({2}), 3);
  EXPECT_EQ(power.trace_count(), 6);
  EXPECT_NO_THROW(power(ramp({1}), 63));
  const Error deep = error_of([&] { power(ramp({3}), 64); });
  EXPECT_EQ(deep.code(), ErrorCode::tracing);
  EXPECT_EQ(deep.summary(),
            "function: functions must be nested at most 64 deep while they are traced, got function → "
            "function → function → function → … → function → function → function → function → function");
}

TEST(Recursion, MayBeMutual) {
  std::function<Tensor(Tensor, int)> odd_call;
  auto even = function([&](Tensor x, int n) { return n == 0 ? x : odd_call(x + 1.0f, n - 1); }, {.name = "even"});
  auto odd = function([&](Tensor x, int n) { return n == 0 ? x * 100.0f : even(x * 2.0f, n - 1); }, {.name = "odd"});
  odd_call = [&](Tensor x, int n) { return odd(x, n); };
  EXPECT_EQ(even(Tensor(1.0f), 4).item<float>(), 10.0f);
  EXPECT_EQ(even(Tensor(1.0f), 3).item<float>(), 500.0f);
}

TEST(Recursion, WithoutEndIsAnError) {
  std::function<Tensor(Tensor)> call;
  auto f = function([&](Tensor x) { return call(x + 1.0f); }, {.name = "f"});
  auto g = function([&](Tensor x) { return f(x); }, {.name = "g"});
  call = [&](Tensor x) { return g(x); };
  const Error error = error_of([&] { f(ramp({2})); });
  EXPECT_EQ(error.summary(),
            "f: functions must be nested at most 64 deep while they are traced, got f → g → f → g → … → "
            "f → g → f → g → f");
  EXPECT_EQ(error.code(), ErrorCode::tracing);
  call = [&](Tensor x) { return x; };
  EXPECT_TRUE(same_bits(g(ramp({2})), ramp({2}) + 1.0f));
}

TEST(Nested, DoesNotDeadlockAcrossThreads) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::function<Tensor(Tensor, int)> call_f;
    auto g = function([&](Tensor x, int n) { return n ? call_f(x, n - 1) + 1.0f : x; }, {.name = "g"});
    auto f = function([&](Tensor x, int n) { return n ? g(x, n - 1) * 2.0f : x; }, {.name = "f"});
    call_f = [&](Tensor x, int n) { return f(x, n); };
    Tensor a, b;
    std::thread first([&] { a = f(ramp({2}), 6); }), second([&] { b = g(ramp({2}), 6); });
    first.join();
    second.join();
    const RunFunctionsEagerly eagerly;
    EXPECT_TRUE(same_bits(a, f(ramp({2}), 6)));
    EXPECT_TRUE(same_bits(b, g(ramp({2}), 6)));
  }
}

} // namespace
} // namespace etch
