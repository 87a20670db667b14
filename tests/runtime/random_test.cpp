// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random numbers run eagerly: the words against Random123's vectors, what generators do, what bad arguments are told.
#include "runtime/dispatcher.h"
#include "tests/runtime/error_text.h"
#include "tests/runtime/hook_call.h"

#include <etch/environment.h>
#include <etch/random.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <set>
#include <thread>

namespace etch {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();

std::vector<uint32_t> words_of(const std::vector<int64_t> &state, int64_t count) {
  const Tensor operand = from_vector(state);
  Tensor result;
  const ops::Attrs attrs{ops::Dims{count}, int64_t{32}, DType::i32};
  runtime::Dispatcher::current().call({*ops::find_op("random_bits"), {&operand, 1}, attrs, nullptr, {}}, {&result, 1});
  const std::vector<int32_t> words = result.to_vector<int32_t>();
  return {words.begin(), words.end()};
}

std::vector<double> numbers_of(const Tensor &x) { return cast(x, DType::f64).to_vector<double>(); }

bool same(const Tensor &a, const Tensor &b) { return spec_text(a) == spec_text(b) && numbers_of(a) == numbers_of(b); }

TEST(Philox, GivesTheKnownAnswersOfRandom123) {
  using Words = std::vector<uint32_t>;
  EXPECT_EQ(words_of({0, 0, 0}, 4), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words_of({-1, -1, -1}, 4), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  const auto number = [](uint64_t bits) { return static_cast<int64_t>(bits); };
  EXPECT_EQ(words_of({number(0x85a308d3243f6a88), number(0x0370734413198a2e), number(0x299f31d0a4093822)}, 4),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Written a second time, one block at a time.
TEST(Philox, CountsBlocksInTheLowHalfOfTheCounter) {
  const auto block = [](uint64_t counter, uint64_t stream, uint64_t key) {
    uint32_t c[4]{uint32_t(counter), uint32_t(counter >> 32), uint32_t(stream), uint32_t(stream >> 32)};
    uint32_t k[2]{uint32_t(key), uint32_t(key >> 32)};
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xD2511F53} * c[0], b = uint64_t{0xCD9E8D57} * c[2];
      const uint32_t next[4]{uint32_t(b >> 32) ^ c[1] ^ k[0], uint32_t(b), uint32_t(a >> 32) ^ c[3] ^ k[1],
                             uint32_t(a)};
      std::copy_n(next, 4, c);
      k[0] += 0x9E3779B9;
      k[1] += 0xBB67AE85;
    }
    return std::vector<uint32_t>(c, c + 4);
  };
  for (const uint64_t first : {uint64_t{0}, uint64_t{0xfffffffa}, ~uint64_t{7}})
    for (const int64_t count : {1, 3, 4, 5, 63, 64, 65, 1000}) {
      const std::vector<uint32_t> words = words_of({static_cast<int64_t>(first), 12345, -99}, count);
      ASSERT_EQ(words.size(), static_cast<size_t>(count));
      for (size_t i = 0; i < words.size(); ++i)
        ASSERT_EQ(words[i], block(first + i / 4, 12345, static_cast<uint64_t>(-99))[i % 4]) << i << " of " << count;
    }
}

// Whole groups of blocks are computed; what lies beyond the result must stay as it is.
TEST(Philox, WritesNothingBeyondTheResult) {
  const std::vector<int64_t> state{1, 2, 3};
  const std::vector<uint32_t> words = words_of(state, 200);
  for (int64_t count = 0; count <= 100; ++count) {
    const ops::Attrs attrs{ops::Dims{count}, int64_t{64}, DType::i64};
    const auto pairs = test::run_hook<int64_t>("random_bits", {{{3}, state}}, attrs, {count});
    for (size_t i = 0; i < pairs.size(); ++i)
      ASSERT_EQ(static_cast<uint64_t>(pairs[i]), words[2 * i] | uint64_t{words[2 * i + 1]} << 32)
          << i << " of " << count;
  }
}

TEST(Generator, RepeatsItsNumbersAfterReseeding) {
  const Generator a(7), b(7), c(8);
  const Tensor first = a.uniform({100}), second = a.uniform({100});
  EXPECT_FALSE(same(first, second));
  EXPECT_TRUE(same(b.uniform({100}), first));
  EXPECT_TRUE(same(b.uniform({100}), second));
  EXPECT_FALSE(same(c.uniform({100}), first));
  a.set_seed(7);
  EXPECT_TRUE(same(a.uniform({100}), first));
  const Generator copy = a;
  EXPECT_TRUE(same(copy.uniform({100}), second));
  const Generator restored = Generator::from_state(a.state().value());
  EXPECT_TRUE(same(restored.uniform({5}), a.uniform({5})));
}

TEST(Generator, TakesEverySeed) {
  std::set<double> firsts;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0}})
    firsts.insert(numbers_of(Generator(seed).uniform({1}, 0, 1, DType::f64))[0]);
  EXPECT_EQ(firsts.size(), 5u);
}

TEST(Generator, SeedsItselfDifferentlyEachTime) {
  EXPECT_FALSE(same(Generator::from_entropy().uniform({4}), Generator::from_entropy().uniform({4})));
}

TEST(Generator, DefaultOneFollowsSetSeed) {
  set_seed(3);
  const Tensor a = random_uniform({10}), b = random_normal({10});
  const Generator same_seed(3);
  EXPECT_TRUE(same(same_seed.uniform({10}), a));
  EXPECT_TRUE(same(same_seed.normal({10}), b));
  set_seed(3);
  EXPECT_TRUE(same(random_uniform({10}), a));
}

TEST(Generator, AdvancesByWholeBlocks) {
  const auto counter_after = [](const std::function<void(const Generator &)> &draw) {
    const Generator generator(1);
    draw(generator);
    const auto state = generator.state().value().to_vector<int64_t>();
    EXPECT_EQ(state[1], 0);
    EXPECT_EQ(state[2], 1);
    return state[0];
  };
  EXPECT_EQ(counter_after([](const Generator &g) { g.uniform({}); }), 1);
  EXPECT_EQ(counter_after([](const Generator &g) { g.uniform({4}); }), 1);
  EXPECT_EQ(counter_after([](const Generator &g) { g.uniform({5}); }), 2);
  EXPECT_EQ(counter_after([](const Generator &g) { g.uniform({5}, 0, 1, DType::f64); }), 3);
  EXPECT_EQ(counter_after([](const Generator &g) { g.normal({5}); }), 3);
  EXPECT_EQ(counter_after([](const Generator &g) { g.normal({5}, 0, 1, DType::f64); }), 5);
  EXPECT_EQ(counter_after([](const Generator &g) { g.integers({5}, 0, 10); }), 3);
  EXPECT_EQ(counter_after([](const Generator &g) { g.integers({5}, kLeast, kMost); }), 5);
  EXPECT_EQ(counter_after([](const Generator &g) { g.categorical(zeros({3, 5}), 2); }), 8);
  EXPECT_EQ(counter_after([](const Generator &g) { g.shuffle(zeros({5, 3})); }), 3);
  EXPECT_EQ(counter_after([](const Generator &g) { g.dropout(zeros({5, 3}), 0.5); }), 4);
  // Nothing is drawn.
  EXPECT_EQ(counter_after([](const Generator &g) { g.uniform({3, 0}); }), 0);
  EXPECT_EQ(counter_after([](const Generator &g) { error_text([&] { g.uniform({3}, 1, 0); }); }), 0);
}

TEST(Generator, SplitsIntoIndependentOnes) {
  const Generator parent(5), again(5);
  const std::vector<Generator> children = parent.split(3);
  ASSERT_EQ(children.size(), 3u);
  const std::vector<Generator> repeated = again.split(3);
  EXPECT_TRUE(same(children[2].state().value(), repeated[2].state().value()));
  EXPECT_TRUE(same(parent.state().value(), again.state().value()));
  std::set<double> numbers;
  for (const Generator &generator : {children[0], children[1], children[2], parent}) {
    const std::vector<double> drawn = numbers_of(generator.uniform({1000}, 0, 1, DType::f64));
    numbers.insert(drawn.begin(), drawn.end());
  }
  EXPECT_EQ(numbers.size(), 4000u);
  const std::vector<Generator> nested = again.split(1)[0].split(2);
  EXPECT_FALSE(same(nested[0].uniform({4}), nested[1].uniform({4})));
  EXPECT_EQ(parent.split(0).size(), 0u);
  EXPECT_EQ(error_text([&] { parent.split(-1); }), "split: count must be in [0, 65536], got -1");
  EXPECT_EQ(error_text([&] { parent.split(65537); }), "split: count must be in [0, 65536], got 65537");
}

/// Of two samples whose mean is 1/2 and variance 1/12.
double correlation(const std::vector<double> &x, const std::vector<double> &y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i)
    sum += (x[i] - 0.5) * (y[i] - 0.5);
  return 12 * sum / static_cast<double>(x.size());
}

TEST(Generator, StreamsDoNotCorrelate) {
  constexpr int64_t kCount = 1 << 16;
  const Generator parent(5);
  std::vector<std::vector<double>> samples{numbers_of(parent.uniform({kCount})), numbers_of(parent.uniform({kCount})),
                                           numbers_of(Generator(6).uniform({kCount})),
                                           numbers_of(Generator(uint64_t{1} << 63).uniform({kCount}))};
  for (const Generator &child : parent.split(4))
    samples.push_back(numbers_of(child.uniform({kCount})));
  for (size_t i = 0; i < samples.size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      EXPECT_LT(std::abs(correlation(samples[i], samples[j])), 4 / std::sqrt(kCount)) << i << " and " << j;
    // Of neighbours, and of the words of one block.
    for (const int lag : {1, 2, 3, 4, 8}) {
      const std::vector<double> &x = samples[i];
      EXPECT_LT(std::abs(correlation({x.begin() + lag, x.end()}, {x.begin(), x.end() - lag})), 4 / std::sqrt(kCount))
          << i << " lag " << lag;
    }
  }
}

TEST(Draws, DependOnTheElementIndexAlone) {
  for (const DType dtype : {DType::f16, DType::bf16, DType::f32, DType::f64}) {
    const std::vector<double> many = numbers_of(Generator(11).uniform({20000}, -1, 2, dtype)),
                              normal = numbers_of(Generator(11).normal({20000}, 0, 1, dtype));
    for (const int64_t count : {1, 2, 3, 4, 5, 64, 65, 1023}) {
      const std::vector<double> few = numbers_of(Generator(11).uniform({count}, -1, 2, dtype)),
                                few_normal = numbers_of(Generator(11).normal({count}, 0, 1, dtype));
      EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin())) << dtype << " " << count;
      EXPECT_TRUE(std::equal(few_normal.begin(), few_normal.end(), normal.begin())) << dtype << " " << count;
    }
  }
}

TEST(Draws, AreTheSameOnAnyNumberOfThreads) {
  const int before = thread_count();
  const auto all = [] {
    const Generator g(2);
    return std::vector<Tensor>{g.uniform({300000}),          g.normal({3, 70001}, 0, 1, DType::f64),
                               g.truncated_normal({100000}), g.integers({100000}, -5, 12345678),
                               g.bernoulli({100000}, 0.3f),  g.categorical(zeros({3000, 7}), 5),
                               g.shuffle(range(0, 50000)),   g.dropout(ones({400, 500}), 0.25)};
  };
  set_thread_count(1);
  const std::vector<Tensor> expected = all();
  for (const int threads : {2, 3}) {
    set_thread_count(threads);
    const std::vector<Tensor> got = all();
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(same(got[i], expected[i])) << threads << " threads, draw " << i;
  }
  set_thread_count(before);
}

TEST(Draws, IgnoreTheHostsRounding) {
  const auto all = [] {
    const Generator g(2);
    return std::vector<Tensor>{g.uniform({100}, -0.1, 0.7), g.normal({100}, 0.1, 0.3), g.truncated_normal({100}),
                               g.bernoulli({100}, 0.1), g.dropout(ones({100}), 0.1)};
  };
  const std::vector<Tensor> expected = all();
  std::fesetround(FE_UPWARD);
  const std::vector<Tensor> got = all();
  std::fesetround(FE_TONEAREST);
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(same(got[i], expected[i])) << "draw " << i;
}

// What several threads draw from one generator is what one would have drawn, in some order.
TEST(Draws, OfSeveralThreadsLoseNothing) {
  constexpr int kThreads = 4, kDraws = 200;
  const Generator shared(21), alone(21);
  std::vector<std::vector<double>> drawn(kThreads);
  std::vector<std::thread> threads;
  for (auto &mine : drawn)
    threads.emplace_back([&shared, &mine] {
      for (int i = 0; i < kDraws; ++i)
        mine.push_back(numbers_of(shared.uniform({1}, 0, 1, DType::f64))[0]);
    });
  for (std::thread &thread : threads)
    thread.join();
  std::multiset<double> got, expected;
  for (const auto &mine : drawn)
    got.insert(mine.begin(), mine.end());
  for (int i = 0; i < kThreads * kDraws; ++i)
    expected.insert(numbers_of(alone.uniform({1}, 0, 1, DType::f64))[0]);
  EXPECT_EQ(got, expected);
  EXPECT_TRUE(same(shared.state().value(), alone.state().value()));
}

// Its gradient leaves out and scales what it did.
TEST(Dropout, DropsTheSameOfItsGradient) {
  const Generator g(1);
  const Tensor x = random_normal({100}), dy = random_normal({100}), state = g.state().value();
  const ops::Attrs attrs{ops::Scalar::of(DType::f64, 0.25)};
  const Tensor y = g.dropout(x, 0.25), dx = test::vjp_of("dropout", {x, state}, attrs, y, dy).at(0);
  EXPECT_TRUE(same(dx, where(y == 0.0f, 0.0f, dy / 0.75f)));
}

TEST(RandomMistakes, NameTheRule) {
  const Generator g(1);
  const auto text = [](auto draw) { return error_text([&] { draw(); }); };
  EXPECT_EQ(text([&] { g.uniform({3}, 1, 1); }), "random_uniform: minval must be less than maxval, got 1 and 1");
  EXPECT_EQ(text([&] { g.uniform({3}, 1, 1 + 1e-12); }),
            "random_uniform: minval must be less than maxval, got 1 and 1");
  EXPECT_EQ(text([&] { g.uniform({3}, 0, NAN); }), "random_uniform: minval must be less than maxval, got 0 and nan");
  EXPECT_EQ(text([&] { g.uniform({3}, -3e38, 3e38); }),
            "random_uniform: maxval - minval must be finite in f32, got -3.00000001e+38 and 3.00000001e+38");
  EXPECT_EQ(text([&] { g.uniform({3}, 0, 1, DType::i32); }),
            "random_uniform: dtype must be f16, bf16, f32 or f64, got i32");
  EXPECT_EQ(text([&] { g.uniform({2, -1}); }), "random_uniform: dimensions must be 0 or more, got [2,-1]");
  EXPECT_EQ(text([&] { g.uniform({kMost, kMost}); }),
            "random_uniform: result must have fewer than 2^63 bytes, got f32[9223372036854775807,9223372036854775807]");
  EXPECT_EQ(text([&] { g.normal({3}, 0, -1); }), "random_normal: stddev must not be negative, got -1");
  EXPECT_EQ(text([&] { g.normal({3}, 0, NAN); }), "random_normal: mean and stddev must be finite, got 0 and nan");
  EXPECT_EQ(text([&] { g.truncated_normal({3}, INFINITY); }),
            "random_truncated_normal: mean and stddev must be finite, got inf and 1");
  EXPECT_EQ(text([&] { g.normal({3}, 0, 1, DType::boolean); }),
            "random_normal: dtype must be f16, bf16, f32 or f64, got bool");
  EXPECT_EQ(text([&] { g.integers({3}, 5, 5); }), "random_int: minval must be less than maxval, got 5 and 5");
  EXPECT_EQ(text([&] { g.integers({3}, 0, 257, DType::u8); }),
            "random_int: u8 must hold minval to maxval - 1, got 0 and 257");
  EXPECT_EQ(text([&] { g.integers({3}, -1, 1, DType::u8); }),
            "random_int: u8 must hold minval to maxval - 1, got -1 and 1");
  EXPECT_EQ(text([&] { g.integers({3}, 0, 2, DType::f32); }),
            "random_int: dtype must be u8, i8, i16, i32 or i64, got f32");
  EXPECT_EQ(text([&] { g.bernoulli({3}, 1.5); }), "random_bernoulli: p must be in [0, 1], got 1.5");
  EXPECT_EQ(text([&] { g.bernoulli({3}, NAN); }), "random_bernoulli: p must be in [0, 1], got nan");
  EXPECT_EQ(text([&] { g.bernoulli({3}, zeros({2})); }),
            "random_bernoulli: p must broadcast to the shape, got f32[2] and shape [3]");
  EXPECT_EQ(text([&] {
              g.bernoulli({3}, zeros({2, 3}));
            }),
            "random_bernoulli: p must broadcast to the shape, got f32[2,3] and shape [3]");
  EXPECT_EQ(text([&] { g.bernoulli({3}, zeros({3}, DType::i32)); }),
            "random_bernoulli: takes f16, bf16, f32 or f64, got p: i32[3] and state: i64[3]");
  EXPECT_EQ(text([&] { g.categorical(1.0f, 3); }), "random_categorical: logits must have rank 1 or more, got f32[]");
  EXPECT_EQ(text([&] {
              g.categorical(zeros({2, 0}), 3);
            }),
            "random_categorical: logits must have a class, got f32[2,0]");
  EXPECT_EQ(text([&] { g.categorical(zeros({2}), -1); }), "random_categorical: samples must not be negative, got -1");
  EXPECT_EQ(text([&] { g.categorical(range(0, 3), 1); }),
            "random_categorical: takes f16, bf16, f32 or f64, got logits: i64[3] and state: i64[3]");
  EXPECT_EQ(text([&] { g.shuffle(1.0f); }), "shuffle: x must have rank 1 or more, got f32[]");
  EXPECT_EQ(text([&] { g.shuffle(Tensor()); }), "shuffle: x must be defined, got an undefined Tensor");
  EXPECT_EQ(text([&] { g.dropout(zeros({3}), 1); }), "dropout: rate must be in [0, 1), got 1");
  EXPECT_EQ(text([&] { g.dropout(zeros({3}), -0.25); }), "dropout: rate must be in [0, 1), got -0.25");
  EXPECT_EQ(text([&] { g.dropout(zeros({3}), NAN); }), "dropout: rate must be in [0, 1), got nan");
  EXPECT_EQ(text([&] { g.dropout(zeros({3}, DType::i32), 0.5); }),
            "dropout: takes f16, bf16, f32 or f64, got x: i32[3] and state: i64[3]");
  EXPECT_EQ(text([&] { Generator::from_state(Tensor()); }),
            "generator: the state must be i64[3], got an undefined Tensor");
  EXPECT_EQ(text([&] { Generator::from_state(zeros({3})); }), "generator: the state must be i64[3], got f32[3]");
  EXPECT_EQ(text([&] { Generator::from_state(zeros({4}, DType::i64)); }),
            "generator: the state must be i64[3], got i64[4]");
}

TEST(RandomMistakes, NameTheCallersLine) {
  try {
    random_normal({3}, 0, -1);
    FAIL();
  } catch (const Error &error) {
    EXPECT_EQ(error.location().line, __LINE__ - 3);
    EXPECT_TRUE(std::strstr(error.location().file, "random_test.cpp"));
  }
}

} // namespace
} // namespace etch
