// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random numbers inside traced functions are those of eager code, call by call.
#include "tests/tracer/bits.h"

#include <cfenv>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <vector>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

using Draws = std::vector<Tensor>;

/// One of every draw.
Draws every_draw(const Generator &g, const Tensor &x) {
  const Tensor a = g.uniform({7, 5}, -1, 3);
  const Tensor b = g.uniform({1001}, 0, 1, DType::f64);
  const Tensor c = g.uniform({33}, 100, 101, DType::f16);
  const Tensor d = g.normal({3, 17});
  const Tensor e = g.normal({65}, 2, 0.5, DType::f64);
  const Tensor f = g.truncated_normal({130}, -1, 2);
  const Tensor h = g.truncated_normal({9}, 0, 1, DType::bf16);
  const Tensor i = g.integers({77}, -5, 1000);
  const Tensor j = g.integers({50}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  const Tensor k = g.integers({4, 4}, 0, 256, DType::u8);
  const Tensor l = g.bernoulli({3, 100}, 0.25f);
  const Tensor m = g.bernoulli({2, 6}, sigmoid(ramp({6})), DType::f32);
  const Tensor n = g.categorical(x, 4);
  const Tensor o = g.shuffle(x);
  const Tensor p = g.dropout(x, 0.5);
  return {a, b, c, d, e, f, h, i, j, k, l, m, n, o, p};
}

void expect_same(const Draws &got, const Draws &expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(same_bits(got[i], expected[i])) << "draw " << i;
}

TEST(TracedRandom, DrawsWhatEagerCodeDraws) {
  const Generator eager(17), compiled(17);
  const Tensor x = ramp({6, 5});
  auto traced = function([&](Tensor t) { return every_draw(compiled, t); });
  for (int call = 0; call < 3; ++call) {
    expect_same(traced(x), every_draw(eager, x));
    EXPECT_TRUE(same_bits(compiled.state().value(), eager.state().value()));
  }
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(TracedRandom, IsTheSameOnAnyNumberOfThreads) {
  const int before = thread_count();
  const Generator g(1);
  auto traced = function([&] {
    const Tensor noise = g.normal({300, 1001});
    const Tensor kept = g.dropout(exp(noise), 0.3);
    return std::make_tuple(kept, g.integers({200000}, 0, 10), g.categorical(kept, 3));
  });
  set_thread_count(1);
  const auto [a, b, c] = traced();
  for (const int threads : {2, 3}) {
    set_thread_count(threads);
    g.set_seed(1);
    const auto [p, q, r] = traced();
    EXPECT_TRUE(same_bits(a, p) && same_bits(b, q) && same_bits(c, r)) << threads;
  }
  set_thread_count(before);
}

TEST(TracedRandom, ReadsTheStateAtEachCall) {
  auto traced = function([] { return random_uniform({8}); });
  set_seed(5);
  const Tensor first = traced(), second = traced();
  EXPECT_FALSE(same_bits(first, second));
  set_seed(5);
  EXPECT_TRUE(same_bits(traced(), first));
  set_seed(5);
  EXPECT_TRUE(same_bits(random_uniform({8}), first));
  EXPECT_TRUE(same_bits(traced(), second));
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(TracedRandom, IsTheSameWhenFunctionsRunEagerly) {
  const Generator g(9);
  const Tensor x = ramp({6, 5});
  auto traced = function([&](Tensor t) { return every_draw(g, t); });
  const Draws compiled = traced(x);
  g.set_seed(9);
  run_functions_eagerly(true);
  const Draws eager = traced(x);
  run_functions_eagerly(false);
  expect_same(compiled, eager);
}

// The constants of expansions are rounded while they are compiled.
TEST(TracedRandom, IgnoresTheHostsRounding) {
  const Generator g(9);
  const Tensor x = ramp({6, 5});
  const Draws expected = every_draw(g, x);
  const auto uniform = [&] { return g.uniform({100}, -0.1, 0.7); };
  const Tensor expected_uniform = uniform();
  g.set_seed(9);
  std::fesetround(FE_UPWARD);
  const Draws got = function([&](Tensor t) { return every_draw(g, t); })(x);
  const Tensor got_uniform = function(uniform)();
  std::fesetround(FE_TONEAREST);
  expect_same(got, expected);
  EXPECT_TRUE(same_bits(got_uniform, expected_uniform));
}

TEST(TracedRandom, KnowsUnknownExtents) {
  const Generator compiled(3), eager(3);
  const auto draws = [](const Generator &g, const Tensor &x) {
    const Tensor a = g.dropout(x, 0.5), b = g.shuffle(x), c = g.categorical(x, 3), d = g.uniform({3});
    return Draws{a, b, c, d, g.bernoulli({4}, 0.5f)};
  };
  auto traced = function([&](Tensor x) { return draws(compiled, x); }, {.input_signature = {spec<float>({dyn, 4})}});
  for (const int64_t rows : {3, 1, 0, 1000, 5}) {
    const Tensor x = ramp({rows, 4});
    expect_same(traced(x), draws(eager, x));
    EXPECT_TRUE(same_bits(compiled.state().value(), eager.state().value())) << rows;
  }
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(TracedRandom, KeepsItsGeneratorAlive) {
  auto generator = std::make_unique<Generator>(4);
  const Tensor expected_first = Generator(4).normal({5});
  const auto traced = function([g = generator.get(), called = false]() mutable {
    EXPECT_FALSE(called); // a dangling pointer from the second call on
    called = true;
    return g->normal({5});
  });
  const Tensor first = traced();
  generator.reset();
  EXPECT_TRUE(same_bits(first, expected_first));
  EXPECT_FALSE(same_bits(traced(), first));
}

TEST(TracedRandom, IsDrawnInInnerFunctions) {
  const Generator compiled(6), eager(6);
  auto inner = function([&](Tensor x) { return x + compiled.uniform({3}); });
  auto outer = function([&](Tensor x) {
    const Tensor a = inner(x);
    const Tensor b = compiled.uniform({3});
    return inner(a * b);
  });
  const Tensor x = ramp({3});
  for (int call = 0; call < 2; ++call) {
    const Tensor a = x + eager.uniform({3});
    const Tensor b = eager.uniform({3});
    EXPECT_TRUE(same_bits(outer(x), a * b + eager.uniform({3})));
  }
}

TEST(TracedRandom, SeedsInProgramOrder) {
  const Generator g(1);
  auto traced = function([&] {
    const Tensor before = g.uniform({4});
    g.set_seed(2);
    return std::make_tuple(before, g.uniform({4}));
  });
  const Tensor of_two = Generator(2).uniform({4});
  const auto [a, b] = traced();
  const auto [c, d] = traced();
  EXPECT_TRUE(same_bits(a, Generator(1).uniform({4})));
  EXPECT_TRUE(same_bits(b, of_two));
  EXPECT_TRUE(same_bits(d, of_two));
  EXPECT_FALSE(same_bits(c, of_two));
}

// The draws before the failure count, those after it do not: as in eager code.
TEST(TracedRandom, StandsWhereEagerCodeStandsAfterAFailedCheck) {
  const Generator compiled(8), eager(8);
  const auto body = [](const Generator &g, const Tensor &index) {
    const Tensor x = g.uniform({4});
    const Tensor y = gather(x, index);
    return y + g.uniform({});
  };
  auto traced = function([&](Tensor index) { return body(compiled, index); });
  for (const int64_t index : {1, 9, 2})
    if (index == 9) {
      const std::string text = error_of([&] { body(eager, constant(index)); }).summary();
      EXPECT_EQ(error_of([&] { traced(constant(index)); }).summary(), text);
    } else {
      EXPECT_TRUE(same_bits(traced(constant(index)), body(eager, constant(index))));
    }
  EXPECT_TRUE(same_bits(compiled.state().value(), eager.state().value()));
}

TEST(TracedRandom, MistakesLeaveNoDrawBehind) {
  const Generator g(1), untouched(1);
  auto traced = function([&](Tensor x) {
    const Error error = error_of([&] { g.dropout(x, 2); });
    EXPECT_EQ(error.summary(), "dropout: rate must be in [0, 1), got 2");
    return g.dropout(x, 0.5);
  });
  EXPECT_TRUE(same_bits(traced(ramp({9})), untouched.dropout(ramp({9}), 0.5)));
  EXPECT_TRUE(same_bits(g.state().value(), untouched.state().value()));
}

TEST(TracedRandom, GeneratorsAreMadeOutside) {
  const Generator g(1);
  auto splits = function([&] { return g.split(2)[0].uniform({2}); });
  const Error error = error_of([&] { splits(); });
  EXPECT_EQ(error.code(), ErrorCode::tracing);
  EXPECT_EQ(error.summary(),
            "split: generators must be made outside traced functions, got a split while one is traced");
  auto restores = function([](Tensor state) { return Generator::from_state(state).uniform({2}); });
  EXPECT_EQ(error_of([&] { restores(constant<int64_t>({0, 0, 0})); }).code(), ErrorCode::tracing);
}

TEST(Generator, StaysWhatItIsWhenItIsMoved) {
  Generator generator(7);
  const Generator other = std::move(generator);
  const Tensor first = generator.uniform({2}); // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_FALSE(same_bits(first, other.uniform({2}))) << "one state";
}

} // namespace
} // namespace etch
