// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

#include <map>
#include <optional>
#include <stdexcept>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

Tensor doubled(const Tensor &x) { return x + x; }

struct Scaled {
  float factor;
  Tensor operator()(Tensor x) { return x * factor; }
};

TEST(Function, ComputesWhatItsCallableComputes) {
  auto body = [](Tensor x, const Tensor &y) { return exp(x) * y - 1.0f; };
  auto traced = function(body);
  const Tensor x = ramp({3, 4}), y = ramp({4});
  EXPECT_TRUE(same_bits(traced(x, y), body(x, y)));
  EXPECT_TRUE(same_bits(traced(x, y), body(x, y)));
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(Function, WrapsFunctionsObjectsAndStdFunctions) {
  const Tensor x = ramp({3});
  EXPECT_TRUE(same_bits(function(doubled)(x), doubled(x)));
  EXPECT_TRUE(same_bits(function(&doubled)(x), doubled(x)));
  EXPECT_TRUE(same_bits(function(Scaled{3.0f})(x), x * 3.0f));
  EXPECT_TRUE(same_bits(function(std::function<Tensor(Tensor)>(doubled))(x), doubled(x)));
  EXPECT_TRUE(same_bits(function([](Tensor a) noexcept { return a + 1.0f; })(x), x + 1.0f));
}

TEST(Function, RefusesEmptyCallables) {
  EXPECT_EQ(error_of([] { function(std::function<Tensor(Tensor)>()); }).summary(), "function: the callable is empty");
  Tensor (*null)(const Tensor &) = nullptr;
  EXPECT_EQ(error_of([&] { function(null); }).summary(), "function: the callable is empty");
}

TEST(Function, TracesOncePerDTypeAndShape) {
  int runs = 0;
  auto traced = function([&](Tensor x) {
    ++runs;
    return x + x;
  });
  traced(ramp({2}));
  traced(ramp({2}));
  EXPECT_EQ(traced.trace_count(), 1);
  traced(ramp({3}));
  traced(constant({1, 2}));
  EXPECT_EQ(traced.trace_count(), 3);
  traced(ramp({2}));
  traced(ramp({2, 1}));
  EXPECT_EQ(traced.trace_count(), 4);
  EXPECT_EQ(runs, 4) << "host effects happen once for each recording";
  EXPECT_EQ(traced.stats().hits, 2);
  EXPECT_EQ(traced.stats().misses, 4);
}

TEST(Function, DoesNotKeyOnStrides) {
  auto traced = function([](Tensor x) { return x * 2.0f; });
  const Tensor x = ramp({3, 3});
  traced(x);
  EXPECT_TRUE(same_bits(traced(transpose(x)), transpose(x) * 2.0f));
  EXPECT_EQ(traced.trace_count(), 1);
  EXPECT_EQ(traced.stats().copied_views, 1);
}

TEST(Function, AcceptsNumbersForTensors) {
  auto traced = function([](Tensor x) { return x + x; });
  EXPECT_EQ(traced(1.5f).item<float>(), 3.0f);
  EXPECT_EQ(traced(4).item<int32_t>(), 8);
  EXPECT_EQ(traced.trace_count(), 2);
}

TEST(Function, SharesTheCacheAmongCopies) {
  auto first = function(doubled);
  auto second = first;
  first(ramp({2}));
  second(ramp({2}));
  EXPECT_EQ(second.trace_count(), 1);
  EXPECT_EQ(function(doubled).trace_count(), 0);
}

TEST(Function, TellsNestedContainersApart) {
  auto traced = function([](const std::vector<std::vector<Tensor>> &rows) {
    Tensor sum = 0.0f;
    for (const auto &row : rows)
      for (const Tensor &x : row)
        sum = sum + x;
    return sum;
  });
  const Tensor a = 1.0f, b = 2.0f;
  EXPECT_EQ(traced({{a}, {b}}).item<float>(), 3.0f);
  EXPECT_EQ(traced({{a, b}}).item<float>(), 3.0f);
  EXPECT_EQ(traced({{a, b}, {}}).item<float>(), 3.0f);
  EXPECT_EQ(traced({{}, {a, b}}).item<float>(), 3.0f);
  EXPECT_EQ(traced.trace_count(), 4);
  EXPECT_EQ(traced({{b}, {b}}).item<float>(), 4.0f);
  EXPECT_EQ(traced.trace_count(), 4);
}

TEST(Function, KeysOnMapKeysAndPresence) {
  auto traced = function([](const std::map<std::string, Tensor> &named, std::optional<Tensor> extra) {
    Tensor sum = extra ? *extra : Tensor(0.0f);
    for (const auto &[name, x] : named)
      sum = sum + x;
    return sum;
  });
  const Tensor a = 1.0f, b = 2.0f;
  EXPECT_EQ(traced({{"left", a}, {"right", b}}, std::nullopt).item<float>(), 3.0f);
  EXPECT_EQ(traced({{"right", b}, {"left", a}}, std::nullopt).item<float>(), 3.0f);
  EXPECT_EQ(traced.trace_count(), 1);
  EXPECT_EQ(traced({{"left", a}, {"write", b}}, std::nullopt).item<float>(), 3.0f);
  EXPECT_EQ(traced({{"left", a}, {"right", b}}, b).item<float>(), 5.0f);
  EXPECT_EQ(traced.trace_count(), 3);
}

TEST(Function, RebuildsStructuredResults) {
  using Result = std::tuple<std::vector<Tensor>, std::pair<Tensor, std::array<Tensor, 2>>, std::map<int, Tensor>,
                            std::optional<Tensor>, std::optional<Tensor>>;
  auto body = [](Tensor x) -> Result {
    return {{x, x + 1.0f}, {x * 2.0f, {x - 1.0f, x * x}}, {{-7, exp(x)}, {3, neg(x)}}, x * 5.0f, std::nullopt};
  };
  auto traced = function(body);
  const Tensor x = ramp({4});
  for (int call = 0; call < 2; ++call) {
    const Result expected = body(x), got = traced(x);
    ASSERT_EQ(std::get<0>(got).size(), 2u);
    EXPECT_TRUE(same_bits(std::get<0>(got)[0], x));
    EXPECT_TRUE(same_bits(std::get<0>(got)[1], std::get<0>(expected)[1]));
    EXPECT_TRUE(same_bits(std::get<1>(got).first, std::get<1>(expected).first));
    EXPECT_TRUE(same_bits(std::get<1>(got).second[0], std::get<1>(expected).second[0]));
    EXPECT_TRUE(same_bits(std::get<1>(got).second[1], std::get<1>(expected).second[1]));
    ASSERT_EQ(std::get<2>(got).size(), 2u);
    EXPECT_TRUE(same_bits(std::get<2>(got).at(-7), std::get<2>(expected).at(-7)));
    EXPECT_TRUE(same_bits(std::get<2>(got).at(3), std::get<2>(expected).at(3)));
    EXPECT_TRUE(same_bits(*std::get<3>(got), *std::get<3>(expected)));
    EXPECT_FALSE(std::get<4>(got).has_value());
  }
}

TEST(Function, ReturnsNothingOrUndefinedTensors) {
  int runs = 0;
  auto nothing = function([&](Tensor) { ++runs; });
  nothing(1.0f);
  nothing(2.0f);
  EXPECT_EQ(runs, 1);
  auto undefined = function([](Tensor x, Tensor y) { return std::make_pair(y, x + x); });
  EXPECT_FALSE(undefined(1.0f, Tensor()).first.defined());
  EXPECT_EQ(undefined(1.0f, Tensor()).second.item<float>(), 2.0f);
  EXPECT_EQ(undefined(1.0f, 4.0f).first.item<float>(), 4.0f);
  EXPECT_EQ(undefined.trace_count(), 2);
}

TEST(Function, CapturesTensorsByValue) {
  Tensor table = ramp({3});
  auto traced = function([&](Tensor x) { return x + table; });
  const Tensor before = traced(ramp({3}));
  table = table * 100.0f;
  EXPECT_TRUE(same_bits(traced(ramp({3})), before)) << "rebinding the name later is not seen";
  auto returned = function([kept = ramp({2})] { return kept; });
  EXPECT_TRUE(same_bits(returned(), ramp({2})));
}

TEST(Function, HasResultsOfItsOwn) {
  auto identity = function([](Tensor x) { return std::make_pair(x, x); });
  const Tensor x = ramp({5});
  const auto [first, second] = identity(x);
  EXPECT_TRUE(same_bits(first, x));
  EXPECT_NE(first.data<float>(), x.data<float>());
  EXPECT_TRUE(same_bits(second, x));
}

TEST(Function, TakesAndReturnsManyTensors) {
  auto body = [](const std::vector<Tensor> &many) {
    std::vector<Tensor> results;
    for (size_t i = 0; i < many.size(); ++i)
      results.push_back(many[i] + many[many.size() - 1 - i]);
    return results;
  };
  auto traced = function(body);
  std::vector<Tensor> many;
  for (int64_t i = 0; i < 60; ++i)
    many.push_back(ramp({3}) * static_cast<float>(i * i));
  for (int call = 0; call < 2; ++call) {
    const std::vector<Tensor> expected = body(many), got = traced(many);
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(same_bits(got[i], expected[i])) << i;
  }
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(Function, FreesItsCallableWithTheLastHandle) {
  auto kept = std::make_shared<int>(0);
  {
    auto traced = function([kept](Tensor x) { return x; });
    auto copy = traced;
    traced(1.0f);
    EXPECT_EQ(kept.use_count(), 2);
  }
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(Function, TakesCallablesThatOnlyMove) {
  auto traced = function([owned = std::make_unique<float>(2.0f)](Tensor x) { return x * *owned; });
  EXPECT_EQ(traced(3.0f).item<float>(), 6.0f);
}

TEST(Function, RunsEagerlyWhileAskedTo) {
  int runs = 0;
  auto traced = function([&](Tensor x) {
    ++runs;
    return x * 3.0f;
  });
  EXPECT_EQ(traced(2.0f).item<float>(), 6.0f);
  run_functions_eagerly(true);
  EXPECT_TRUE(functions_run_eagerly());
  EXPECT_EQ(traced(2.0f).item<float>(), 6.0f);
  EXPECT_EQ(traced(2.0f).item<float>(), 6.0f);
  EXPECT_EQ(runs, 3);
  run_functions_eagerly(false);
  EXPECT_EQ(traced(2.0f).item<float>(), 6.0f);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(traced.trace_count(), 1);
}

// Each in a process of its own, since the variable is read once.
TEST(FunctionDeathTest, RunsEagerlyWhereTheEnvironmentAsksForIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto expect = [](const char *value, const std::string &said) {
    setenv("ETCH_RUN_EAGERLY", value, 1);
    const auto call_twice = [] {
      int runs = 0;
      auto traced = function([&](Tensor x) {
        ++runs;
        return x * 3.0f;
      });
      for (int i = 0; i < 2; ++i)
        try {
          traced(2.0f);
        } catch (const Error &error) {
          std::cerr << error.summary() << "; ";
        }
      std::cerr << "runs " << runs << ", eager now";
      setenv("ETCH_RUN_EAGERLY", "0", 1);
      std::cerr << " " << functions_run_eagerly() << std::endl;
      std::exit(0);
    };
    EXPECT_EXIT(call_twice(), testing::ExitedWithCode(0), said);
    unsetenv("ETCH_RUN_EAGERLY");
  };
  expect("1", "runs 2, eager now 1");
  expect("0", "runs 1, eager now 0");
  const std::string error = "ETCH_RUN_EAGERLY: must be 0 or 1, got 'often'; ";
  expect("often", error + error + "runs 0, eager now 0");
}

TEST(Function, InlinesFunctionsCalledWhileTracing) {
  auto inner = function([](Tensor x) { return x + 1.0f; });
  auto outer = function([&](Tensor x) {
    for (int i = 0; i < 10; ++i)
      x = inner(x);
    return x;
  });
  EXPECT_EQ(outer(1.0f).item<float>(), 11.0f);
  EXPECT_EQ(outer(1.0f).item<float>(), 11.0f);
  EXPECT_EQ(outer.trace_count(), 1);
  EXPECT_EQ(inner(1.0f).item<float>(), 2.0f);
}

TEST(Function, RecursesOnHostValues) {
  int depth = 0;
  std::function<Tensor(Tensor)> recurse;
  auto traced = function([&](Tensor x) { return recurse(x); });
  recurse = [&](Tensor x) { return ++depth < 5 ? traced(x * 2.0f) : x; };
  EXPECT_EQ(traced(1.0f).item<float>(), 16.0f);
}

TEST(Function, CanBeUsedAfterAnExceptionAtAnyOp) {
  const Tensor x = ramp({3});
  for (int failing = 0; failing <= 6; ++failing) {
    bool fail = true;
    auto traced = function([&](Tensor a) {
      for (int op = 0; op < 6; ++op) {
        if (fail && op == failing)
          throw std::logic_error("by the user");
        a = exp(neg(a));
      }
      if (fail && failing == 6)
        throw std::logic_error("by the user");
      return a;
    });
    EXPECT_THROW(traced(x), std::logic_error);
    EXPECT_THROW(traced(x), std::logic_error);
    EXPECT_EQ(traced.trace_count(), 0);
    fail = false;
    const Tensor eager = (x + x) * 2.0f; // the eager dispatcher is back
    EXPECT_EQ(eager.data<float>()[0], 2.0f);
    Tensor expected = x;
    for (int op = 0; op < 6; ++op)
      expected = exp(neg(expected));
    EXPECT_TRUE(same_bits(traced(x), expected));
    EXPECT_EQ(traced.trace_count(), 1);
  }
}

TEST(Function, LetsTheCallableCatchErrors) {
  auto body = [](Tensor x) {
    try {
      x = x + ramp({7});
    } catch (const Error &) {
      x = x * 2.0f;
    }
    return x;
  };
  EXPECT_TRUE(same_bits(function(body)(ramp({3})), body(ramp({3}))));
}

TEST(Function, HasEagerErrorsWithTheUsersLine) {
  int line = 0;
  auto body = [&](Tensor x, Tensor y) {
    line = __LINE__ + 1;
    return matmul(x, y);
  };
  const Tensor a = ramp({2, 3}), b = ramp({4, 5});
  const Error eager = error_of([&] { body(a, b); });
  const Error traced = error_of([&] { function(body)(a, b); });
  EXPECT_EQ(traced.summary(), eager.summary());
  EXPECT_EQ(traced.code(), eager.code());
  EXPECT_EQ(traced.location().line, line);
  EXPECT_STREQ(traced.location().file, __FILE__);
}

TEST(Function, PrintsItsStages) {
  auto traced = function([](Tensor x) { return exp(x + x) * 2.0f; }, {.name = "step", .arguments = {"x"}});
  const auto recorded = traced.trace(ramp({4, 8}));
  EXPECT_EQ(traced.trace_count(), 1);
  EXPECT_NE(recorded.text().find("etch.exp"), std::string::npos) << recorded.text();
  EXPECT_NE(recorded.text().find("tensor<4x8xf32>"), std::string::npos) << recorded.text();
  for (const Phase phase : {Phase::optimized, Phase::kernels, Phase::exec, Phase::llvm, Phase::assembly})
    EXPECT_FALSE(recorded.lower(phase).text().empty());
  const auto compiled = recorded.compile();
  EXPECT_EQ(compiled.op_count(), 4);
  EXPECT_EQ(compiled.kernel_count(), 1);
  EXPECT_TRUE(compiled == traced.trace(ramp({4, 8})).compile()) << "same signature, same concrete function";
  EXPECT_TRUE(same_bits(compiled(ramp({4, 8})), traced(ramp({4, 8}))));
  EXPECT_EQ(traced.trace_count(), 1);
  EXPECT_EQ(traced.signatures(), std::vector<std::string>{compiled.to_string()});
}

TEST(Function, RefusesCallablesThatChangeArgumentsOfTheCaller) {
  struct State {
    mutable int n;
    mutable std::vector<Tensor> xs;
    mutable std::optional<Variable> w;
  };
  const auto change = [](int which) {
    return [which](const State &state) {
      if (which == 0)
        ++state.n;
      if (which == 1)
        state.xs[1] = state.xs[0] * 2.0f;
      if (which == 2)
        state.xs.push_back(state.xs[0]);
      if (which == 3)
        state.w = Variable(ones({2}), "w");
      if (which == 4)
        state.xs[0] = state.xs[0] + 0.0f;
      return state.xs[0] + static_cast<float>(state.n);
    };
  };
  const Options options = {.name = "f", .arguments = {"s"}};
  const auto fresh = [] { return State{3, {ramp({2}), ramp({2})}, std::nullopt}; };
  const std::string rule = " must not be changed while the callable is traced, got ";
  const std::string texts[] = {"argument 's'.n" + rule + "4 for 3", "argument 's'.xs[1]" + rule + "another tensor",
                               "argument 's'.xs.size()" + rule + "3 for 2",
                               "argument 's'.w.has_value()" + rule + "true for false",
                               "argument 's'.xs[0]" + rule + "another tensor"};
  for (int which = 0; which < 5; ++which) {
    auto f = function(change(which), options);
    const State state = fresh();
    const Error error = error_of([&] { f(state); });
    EXPECT_EQ(error.summary(), "f: " + texts[which]);
    EXPECT_EQ(error.code(), ErrorCode::tracing);
    auto outer = function([&](Tensor x) { return x + f(State{3, {x, x}, std::nullopt}); });
    EXPECT_EQ(error_of([&] { outer(ramp({2})); }).summary(), "f: " + texts[which]);
    const RunFunctionsEagerly eagerly;
    EXPECT_NO_THROW(f(state)) << "where the caller sees it";
  }
  auto own = function([](State state) { return ++state.n, state.xs.pop_back(), state.xs[0] + state.n; }, options);
  EXPECT_TRUE(same_bits(own(fresh()), ramp({2}) + 4)) << "which nobody else sees";
  auto reads = function(change(5), options);
  EXPECT_TRUE(same_bits(reads(fresh()), ramp({2}) + 3.0f));
  auto generic = function([](const auto &state) { return ++state.n, state.xs[0] + state.n; }, options);
  const State copied = fresh();
  EXPECT_TRUE(same_bits(generic(copied), ramp({2}) + 4)) << "which gets a copy, eagerly, too";
  const RunFunctionsEagerly eagerly;
  EXPECT_TRUE(same_bits(generic(copied), ramp({2}) + 4));
  EXPECT_EQ(copied.n, 3);
}

TEST(Function, ListsItsSignatures) {
  Variable w(ramp({3}), "w");
  auto f = function([&](Tensor x, int n) { return x * w * static_cast<float>(n); },
                    {.name = "f", .arguments = {"x", "n"}, .cache_entries = 2});
  EXPECT_TRUE(f.signatures().empty());
  f(ramp({3}), 1);
  f(ramp({3}), 2);
  f(ramp({3}), 2);
  const auto line = [](int n) {
    return "f(x: f32[3], n = " + std::to_string(n) + ") -> f32[3] captures {w: Variable f32[3]}";
  };
  EXPECT_EQ(f.signatures(), (std::vector{line(1), line(2)})) << "with the values that tell them apart, oldest first";
  f(ramp({3}), 3);
  EXPECT_EQ(f.signatures(), (std::vector{line(2), line(3)})) << "of those that are cached";
}

TEST(Function, ChecksConcreteCalls) {
  auto traced = function([](Tensor x, const std::vector<Tensor> &w) { return x + w[1]; }, {.arguments = {"x", "w"}});
  const auto compiled = traced.trace(ramp({2}), {ramp({2}), ramp({2})}).compile();
  EXPECT_EQ(error_of([&] { compiled(ramp({2}), {ramp({2}), ramp({3})}); }).summary(),
            "function: argument 'w'[1] must be f32[2], as it was traced, got f32[3]");
  EXPECT_EQ(error_of([&] { compiled(constant({1, 2}), {ramp({2}), ramp({2})}); }).summary(),
            "function: argument 'x' must be f32[2], as it was traced, got i32[2]");
  EXPECT_EQ(error_of([&] { compiled(ramp({2}), {ramp({2})}); }).summary(),
            "function: argument 'w'.size() must be 2, as it was traced, got 1");
}

TEST(Function, CallsConcreteFunctionsWhileTracing) {
  const auto compiled = function([](Tensor x) { return x + 1.0f; }).trace(ramp({2})).compile();
  auto outer = function([&](Tensor x) { return compiled(x) * 2.0f; });
  EXPECT_TRUE(same_bits(outer(ramp({2})), (ramp({2}) + 1.0f) * 2.0f));
}

TEST(Function, RunsOnTheArgumentsOfTheCallThoughTheCallableAssignsTheirHandles) {
  const Tensor doubled = ramp({10}) * 2.0f;
  for (const Tensor &other : {Tensor(), zeros({10}), ones({1}), cast(ramp({10}), DType::i8)}) {
    Tensor x = ramp({10});
    auto f = function([&](Tensor y) { return x = other, y * 2.0f; });
    EXPECT_TRUE(same_bits(f(x), doubled));
    x = ramp({10});
    EXPECT_TRUE(same_bits(f(std::move(x)), doubled));
    auto fresh = function([&](Tensor y) { return x = other, y * 2.0f; });
    x = ramp({10});
    EXPECT_TRUE(same_bits(fresh(std::move(x)), doubled));
    x = ramp({10});
    const Tensor one = 1.0f;
    auto lately = function([&](Tensor y) { return y * 2.0f * late([&] { return x = other, one; }); });
    EXPECT_TRUE(same_bits(lately(x), doubled));
    x = ramp({10});
    auto outer = function([&](Tensor z) {
      Tensor inside = z;
      auto inner = function([&](Tensor y) { return inside = other, y * 2.0f; });
      return inner(inside);
    });
    EXPECT_TRUE(same_bits(outer(x), doubled));
  }
}

TEST(Function, RepeatsACallOnItsOwnShapesThoughACallbackAssignsAHandle) {
  Tensor x = ones({3});
  auto f = function(
      [&](Tensor y, Tensor i) {
        on_each_call([&] { x = ones({7}); });
        return gather(zeros({y.dim(0)}) + y, i, 0);
      },
      {.shapes = Shapes::rank});
  f(x, constant({int64_t{0}}));
  x = ones({3});
  EXPECT_EQ(error_of([&] { f(x, constant({int64_t{9}})); }).summary(),
            error_of([] { gather(ones({3}), constant({int64_t{9}}), 0); }).summary());
}

} // namespace
} // namespace etch
