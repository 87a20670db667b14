// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tapes around calls of traced functions: machine code forward and backward, with the bits of a tape around the
// callable.
#include "tests/tracer/bits.h"

#include <etch/etch.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

/// Elements of which sums depend on their order.
Tensor uneven(const Shape &shape, float scale = 1.0f) { return sin(ramp(shape) * 37.0f) * scale + 0.1f; }

/// Calls `run` with functions run eagerly and traced, twice each, and compares what it returns.
void expect_same_both_ways(const std::function<std::vector<Tensor>()> &run) {
  std::vector<Tensor> expected;
  {
    const RunFunctionsEagerly eagerly;
    expected = run();
  }
  for (const char *call : {"first", "second"}) {
    const std::vector<Tensor> got = run();
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(same_bits(got[i], expected[i])) << call << " call, result " << i;
  }
}

TEST(GradientsAround, CompileOnceForwardAndBackward) {
  const Variable w(uneven({8, 4}), "w");
  auto f = function([&](Tensor x) { return reduce_sum(tanh(matmul(x, w))); });
  const auto gradient = [&] {
    GradientTape tape;
    return tape.gradient(f(uneven({3, 8})), w);
  };
  gradient();
  const FunctionStats first = f.stats();
  EXPECT_EQ(first.traces, 1);
  EXPECT_EQ(first.gradients, 2) << "forward and backward";
  for (int i = 0; i < 5; ++i)
    gradient();
  const FunctionStats later = f.stats();
  EXPECT_EQ(later.traces, 1);
  EXPECT_EQ(later.gradients, 2);
  EXPECT_EQ(later.kernels, first.kernels);
}

TEST(GradientsAround, CompileNoBackwardPassUntilOneIsAskedFor) {
  auto f = function([](Tensor x) { return exp(x); });
  const Tensor x = uneven({16});
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor y = f(x);
  EXPECT_EQ(f.stats().gradients, 1);
  tape.gradient(y, x);
  EXPECT_EQ(f.stats().gradients, 2);
}

TEST(GradientsAround, CostNothingWhereNoTapeTracksTheCall) {
  auto f = function([](Tensor x) { return reduce_sum(exp(sin(x) * x)); });
  const Tensor x = uneven({64}), other = uneven({64}, 2.0f);
  f(x);
  const FunctionStats before = f.stats();
  {
    const GradientTape none;
    f(x);
    GradientTape elsewhere;
    elsewhere.watch(other);
    f(x);
    const StopRecording stopped = elsewhere.stop_recording();
    f(other);
  }
  EXPECT_EQ(f.stats().gradients, 0);
  EXPECT_EQ(f.stats().kernels, before.kernels);
}

TEST(GradientsAround, ContinueSumsUseByUse) {
  auto f = function([](Tensor x) { return x * x * 0.3f + exp(x) * sin(x) + x / 7.0f; });
  const Tensor x = uneven({257});
  expect_same_both_ways([&] {
    GradientTape tape;
    tape.watch(x);
    const Tensor before = cos(x) * 1.7f, y = f(x), after = x * y + tanh(x) * before;
    return std::vector<Tensor>{y, tape.gradient(f(after) + after, x)};
  });
}

TEST(GradientsAround, OfOneTensorGivenTwice) {
  auto f = function([](Tensor a, Tensor b) { return a * b + sin(a) * 3.0f + exp(b) / a; });
  const Tensor x = uneven({33}) + 2.0f;
  expect_same_both_ways([&] {
    GradientTape tape;
    tape.watch(x);
    return std::vector<Tensor>{tape.gradient(f(x, x), x)};
  });
  auto open = function([](Tensor a, Tensor b) { return a * b + sin(a); }, {.shapes = Shapes::rank});
  expect_same_both_ways([&] {
    GradientTape tape;
    tape.watch(x);
    return std::vector<Tensor>{tape.gradient(open(x, x), x)};
  });
}

TEST(GradientsAround, OfCapturedTensorsAndNumbers) {
  const Tensor c = uneven({5, 7}), number = constant(1.25f);
  auto f = function([&](Tensor x) { return reduce_sum(matmul(x, c) * number, {0}) * number; });
  const Tensor x = uneven({3, 5});
  expect_same_both_ways([&] {
    GradientTape tape;
    tape.watch(std::vector{x, c, number});
    const auto [dx, dc, dn] = tape.gradient(f(x), x, c, number);
    return std::vector<Tensor>{dx, dc, dn};
  });
  expect_same_both_ways([&] { // the captured tensor is an argument as well
    GradientTape tape;
    tape.watch(c);
    return std::vector<Tensor>{tape.gradient(f(transpose(c)) + f(reshape(c, {7, 5})), c)};
  });
}

TEST(GradientsAround, KeepThePlacesOfResultsWithoutGradients) {
  auto f = function(
      [](Tensor x, Tensor y) { return std::vector<Tensor>{x * 2.0f, cast(y, DType::i32), y, floor(x), x * 2.0f + y}; });
  const Tensor x = uneven({9}), y = uneven({9}, 3.0f);
  expect_same_both_ways([&] {
    GradientTape tape({.persistent = true});
    tape.watch(std::vector{x, y});
    const std::vector<Tensor> results = f(x, y);
    std::vector<Tensor> gradients;
    for (const size_t i : {0, 2, 3, 4}) {
      const auto [dx, dy] = tape.gradient(results[i], x, y);
      gradients.push_back(dx);
      gradients.push_back(dy);
    }
    return gradients;
  });
}

TEST(GradientsAround, OfVariablesThatTheFunctionReadsTwiceAndWrites) {
  expect_same_both_ways([&] {
    const Variable v(uneven({6}), "v");
    auto f = function([&](Tensor x) {
      const Tensor first = v * x;
      v.assign_add(x * 0.25f);
      return first * sin(v) + v;
    });
    const Tensor x = uneven({6}, 2.0f);
    GradientTape tape;
    tape.watch(x);
    const Tensor y = f(x) + v * 3.0f;
    const auto [dx, dv] = tape.gradient(f(y) * y, x, v);
    return std::vector<Tensor>{dx, dv, v.value()};
  });
}

TEST(GradientsAround, OfVariablesAmongTheArguments) {
  const Variable a(uneven({4}), "a"), b(uneven({4}, 2.0f), "b");
  auto f = function([](Variable x, Variable y, Tensor z) { return x * y * z + sin(x); });
  expect_same_both_ways([&] {
    GradientTape tape({.persistent = true});
    const Tensor y = f(a, b, uneven({4})) + f(b, b, uneven({4}, 3.0f));
    const auto [da, db] = tape.gradient(y, a, b);
    return std::vector<Tensor>{da, db};
  });
}

TEST(GradientsAround, OfFunctionsInFunctionsFourDeep) {
  const Variable w(uneven({8}), "w");
  auto one = function([&](Tensor x) { return sin(x * w); });
  auto two = function([&](Tensor x) { return one(x) + one(x * 0.5f); }, {.no_inline = true});
  auto three = function([&](Tensor x) { return two(x) * two(one(x)); });
  auto four = function([&](Tensor x) { return three(x) / (1.0f + square(one(x))); });
  const Tensor x = uneven({8}, 2.0f);
  expect_same_both_ways([&] {
    GradientTape tape;
    tape.watch(x);
    const auto [dx, dw] = tape.gradient(four(x), x, w);
    return std::vector<Tensor>{dx, dw};
  });
}

TEST(GradientsAround, OfHigherOrderByNestedAndPersistentTapes) {
  auto f = function([](Tensor x, Tensor y) { return exp(x * y) * sin(x) + cumsum(x * x, 0) / (2.0f + cos(y)); });
  const Tensor x = uneven({5}), y = uneven({5}, 0.5f);
  expect_same_both_ways([&] {
    GradientTape outer;
    outer.watch(std::vector{x, y});
    Tensor dx, dy;
    {
      GradientTape inner;
      inner.watch(std::vector{x, y});
      std::tie(dx, dy) = inner.gradient(f(x, y) * x, x, y);
    }
    const auto [dxx, dxy] = outer.gradient(dx * 1.5f + dy * y, x, y);
    return std::vector<Tensor>{dx, dy, dxx, dxy};
  });
  expect_same_both_ways([&] {
    GradientTape tape({.persistent = true});
    tape.watch(std::vector{x, y});
    std::vector<Tensor> orders{f(x, y)};
    for (int order = 0; order < 3; ++order)
      orders.push_back(tape.gradient(orders.back(), x) * y);
    return orders;
  });
}

TEST(GradientsAround, OfGradientsThatFunctionsCompute) {
  auto slope = function([](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(reduce_sum(exp(x) * sin(x)), x);
  });
  const Tensor x = uneven({11});
  expect_same_both_ways([&] {
    GradientTape tape;
    tape.watch(x);
    return std::vector<Tensor>{tape.gradient(slope(x) * x, x)};
  });
}

TEST(GradientsAround, OfOpenExtents) {
  auto f = function(
      [](Tensor x, Tensor w) {
        return reduce_sum(softmax(matmul(x, w)) * x, {1}) + reduce_mean(square(concat({x, x}, 1)), {1});
      },
      {.input_signature = {spec<float>({dyn, dyn}), spec<float>({dyn, dyn})}});
  for (const int64_t rows : {1, 2, 7, 64})
    expect_same_both_ways([&] {
      const Tensor x = uneven({rows, 5}), w = uneven({5, 5}, 0.3f);
      GradientTape tape;
      tape.watch(std::vector{x, w});
      const auto [dx, dw] = tape.gradient(f(x, w), x, w);
      return std::vector<Tensor>{dx, dw};
    });
  EXPECT_EQ(f.trace_count(), 1);
  EXPECT_EQ(f.stats().gradients, 2);
}

// Which axes a gradient is summed along, and in which groups, must not depend on what an extent happens to be.
TEST(GradientsAround, OfOpenExtentsOfOne) {
  const auto body = [](const Tensor &x, const Tensor &w) { // w has as many extents of 1 as may be
    return reduce_variance(x * w, {1, 2, 3}, true) + reduce_std(x, {0, 3}, true) * reduce_sum(w * x * x);
  };
  const std::vector<std::vector<int64_t>> shapes{{1, 300, 2, 1}, {3, 1, 40, 7}, {70, 9, 1, 1},
                                                 {1, 1, 1, 5},   {2, 3, 4, 5},  {1, 1, 1, 1}};
  for (const int64_t unit_axis : {0, 1, 2, 3}) {
    std::vector<int64_t> scales(4, dyn);
    scales[static_cast<size_t>(unit_axis)] = 1;
    for (const DType dtype : {DType::f32, DType::f16}) {
      auto f = function([&](Tensor x, Tensor w) { return body(cast(x, dtype), cast(w, dtype)); },
                        {.input_signature = {spec<float>({dyn, dyn, dyn, dyn}), TensorSpec{DType::f32, scales}}});
      for (const std::vector<int64_t> &shape : shapes) {
        std::vector<int64_t> units = shape;
        units[static_cast<size_t>(unit_axis)] = 1;
        expect_same_both_ways([&] {
          const Tensor x = uneven(Shape(shape)), w = uneven(Shape(units), 0.3f);
          GradientTape tape;
          tape.watch(std::vector{x, w});
          const auto [dx, dw] = tape.gradient(f(x, w), x, w);
          return std::vector<Tensor>{dx, dw};
        });
      }
    }
  }
}

TEST(GradientsAround, OfRandomNumbersThatAreDrawnOnce) {
  expect_same_both_ways([&] {
    set_seed(7);
    auto f = function([&](Tensor x) { return dropout(x * x, 0.5) + x; });
    const Tensor x = uneven({64});
    GradientTape tape;
    tape.watch(x);
    const Tensor y = f(f(x));
    return std::vector<Tensor>{y, tape.gradient(y, x), random_uniform({3})};
  });
}

TEST(GradientsAround, OfCallsWhoseChecksFail) {
  auto f = function([](Tensor x, Tensor i) { return gather(x * 2.0f, i) * x; });
  const Tensor x = uneven({3}), good = constant({0, 2, 1}), bad = constant({0, 5, 1});
  GradientTape tape;
  tape.watch(x);
  f(x, good);
  const Error error = error_of([&] { f(x, bad); });
  EXPECT_EQ(error.summary(), "gather: index must be in [0,3), got 5 at position 1");
  EXPECT_TRUE(tape.gradient(f(x, good), x).defined()) << "and goes on";
}

TEST(GradientsAround, SayWhatCutsThem) {
  auto f = function([](Tensor x) { return reduce_sum(floor(x * 2.0f)); });
  const Tensor x = uneven({3});
  const auto text = [&] {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = f(x);
    return error_of([&] { tape.gradient(y, x, GradientOptions{.unconnected = Unconnected::raise}); }).summary();
  };
  std::string eager;
  {
    const RunFunctionsEagerly eagerly;
    eager = text();
  }
  EXPECT_NE(eager.find("no gradient passes floor at"), std::string::npos) << eager;
  EXPECT_EQ(text(), eager);
}

TEST(GradientsAround, WaitWithErrorsUntilTheyAreAsked) {
  auto f = function([](Tensor x) { return reduce_sum(qr(x, true).q); });
  const Tensor x = uneven({4, 2});
  const auto run = [&] {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = f(x);
    return error_of([&] { tape.gradient(y, x); }).summary();
  };
  std::string eager;
  {
    const RunFunctionsEagerly eagerly;
    eager = run();
  }
  EXPECT_EQ(run(), eager);
}

TEST(GradientsAround, TakeWhatIsDonatedOnlyWhereNoTapeNeedsIt) {
  auto f = function([](Tensor x) { return x * x; });
  const Tensor kept = uneven({1024});
  expect_same_both_ways([&] {
    Tensor x = kept + 1.0f;
    GradientTape tape;
    const Variable scale(constant(3.0f), "scale");
    Tensor z = x * scale;
    return std::vector<Tensor>{tape.gradient(f(std::move(z)), scale)};
  });
}

TEST(GradientsAround, OfThreadsAtOnce) {
  auto f = function([](Tensor x) { return reduce_sum(exp(x) * x); });
  const Tensor x = uneven({100});
  Tensor expected;
  {
    const RunFunctionsEagerly eagerly;
    GradientTape tape;
    tape.watch(x);
    expected = tape.gradient(f(x), x);
  }
  std::vector<Tensor> got(8);
  std::vector<std::thread> threads;
  for (Tensor &gradient : got)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        GradientTape tape;
        tape.watch(x);
        gradient = tape.gradient(f(x), x);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const Tensor &gradient : got)
    EXPECT_TRUE(same_bits(gradient, expected));
  EXPECT_EQ(f.stats().gradients, 2);
}

TEST(GradientsAround, OfOneResultByAnother) {
  auto f = function([](Tensor a) {
    Tensor c = a * a;
    return std::pair(c, sin(c) * a);
  });
  const Tensor x = uneven({7});
  expect_same_both_ways([&] {
    GradientTape tape({.persistent = true});
    tape.watch(x);
    const auto [c, r] = f(x);
    const Tensor later = r * c;
    const auto [dx, dc] = tape.gradient(later, x, c);
    return std::vector<Tensor>{tape.gradient(r, c), dx, dc, tape.gradient(c, r), tape.gradient(tape.gradient(r, c), x)};
  });
}

TEST(GradientsAround, OfCapturedNumbersInFunctionsInFunctions) {
  const Tensor n = constant(3.0f), x = uneven({4});
  auto f = function([&](Tensor a) { return a * n; });
  auto g = function([&](Tensor a) { return f(a) * 2.0f + n; });
  auto h = function([&](Tensor a) { return f(a) * 2.0f; }, {.no_inline = true});
  auto k = function([&](Tensor a) { return h(a) * n; });
  expect_same_both_ways([&] {
    GradientTape tape;
    tape.watch(n);
    return std::vector<Tensor>{tape.gradient(g(x) * k(x), n)};
  });
}

TEST(GradientsAround, OfVariablesByNestedTapesAndThroughAssignments) {
  const Tensor x = uneven({4});
  expect_same_both_ways([&] {
    const Variable w(uneven({4}), "w"), n(uneven({4}), "n", false);
    auto cube = function([&] { return w * w * w; });
    auto assigned = function([&](Tensor a) {
      n.assign(a * a);
      return n.value();
    });
    GradientTape outer({.persistent = true});
    outer.watch(x);
    Tensor g;
    {
      GradientTape inner;
      g = inner.gradient(cube(), w);
    }
    return std::vector<Tensor>{outer.gradient(g, w), outer.gradient(assigned(x), x)};
  });
  const RunFunctionsEagerly eagerly;
  const Variable w(constant(2.0f), "w");
  GradientTape outer;
  GradientTape inner;
  EXPECT_EQ(outer.gradient(inner.gradient(w * w * w, w), w).item<float>(), 12.0f);
}

TEST(GradientsAround, WhereCallbacksChangeWhatTheArgumentsReferTo) {
  const Tensor x = uneven({4}), y = uneven({4}, 2.0f);
  expect_same_both_ways([&] {
    Tensor held = x;
    auto f = function([&](Tensor a) {
      on_each_call([&] { held = y; });
      return std::pair(a, a * a);
    });
    GradientTape tape;
    tape.watch(x);
    const auto [same, square] = f(held);
    return std::vector<Tensor>{same, tape.gradient(square, x)};
  });
  auto tape = std::make_unique<GradientTape>();
  auto ends_it = function([&](Tensor a) {
    on_each_call([&] { tape.reset(); });
    return a * a;
  });
  tape->watch(x);
  EXPECT_TRUE(same_bits(ends_it(x), x * x));
}

/// The derivative of an order, each level of it a function or not.
Tensor derivative_by_levels(const std::function<Tensor(Tensor)> &f, const Tensor &x, int order, unsigned levels) {
  const auto level = [&, order, levels](Tensor at) -> Tensor {
    if (order == 0)
      return f(at);
    GradientTape tape;
    tape.watch(at);
    return tape.gradient(derivative_by_levels(f, at, order - 1, levels >> 1), at);
  };
  if (levels & 1)
    return function(level)(x);
  return level(x);
}

TEST(IteratedDerivatives, AreTheSameWhicheverLevelsAreFunctions) {
  constexpr int kOrder = 4;
  const double x = 0.7, e = std::exp(x), s = std::sin(x), c = std::cos(x);
  const std::vector<double> of_cos{c, -s, -c, s, c},
      of_product{e * s, e * (s + c), 2 * e * c, 2 * e * (c - s), -4 * e * s};
  const std::pair<std::function<Tensor(Tensor)>, std::vector<double>> cases[] = {
      {[](Tensor at) { return cos(at); }, of_cos}, {[](Tensor at) { return exp(at) * sin(at); }, of_product}};
  for (const auto &[f, expected] : cases)
    for (int order = 0; order <= kOrder; ++order) {
      const Tensor eager = derivative_by_levels(f, constant(x), order, 0);
      EXPECT_NEAR(eager.item<double>(), expected[static_cast<size_t>(order)], 1e-13);
      for (unsigned levels = 1; levels < 2u << order; ++levels)
        EXPECT_TRUE(same_bits(derivative_by_levels(f, constant(x), order, levels), eager)) << order << " " << levels;
    }
}

} // namespace
} // namespace etch::test
