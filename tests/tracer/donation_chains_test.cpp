// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

#include <array>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

/// A chain of element-wise operations on x, two other tensors and their broadcasts.
Tensor random_chain(uint32_t seed, Tensor x, const Tensor &y, const Tensor &row) {
  std::vector<Tensor> values{std::move(x), y};
  uint32_t state = seed * 2654435761u + 12345u;
  const auto next = [&](uint32_t count) { return (state = state * 1664525u + 1013904223u) / 65536u % count; };
  for (uint32_t i = 0, length = 2 + next(7); i < length; ++i) {
    const Tensor a = values[next(static_cast<uint32_t>(values.size()))], b = values.back();
    const std::array<Tensor (*)(const Tensor &, const Tensor &, const Tensor &), 7> steps{
        [](const Tensor &p, const Tensor &q, const Tensor &) { return p + q; },
        [](const Tensor &p, const Tensor &q, const Tensor &) { return p - tanh(q); },
        [](const Tensor &p, const Tensor &, const Tensor &r) { return p * r; },
        [](const Tensor &p, const Tensor &q, const Tensor &) { return where(p < q, p, q * 0.5f); },
        [](const Tensor &p, const Tensor &q, const Tensor &) { return p - reduce_mean(q, {0}); },
        [](const Tensor &p, const Tensor &, const Tensor &r) { return maximum(p, r) * 1.5f; },
        [](const Tensor &p, const Tensor &, const Tensor &) { return reverse(p, {0}); },
    };
    values.push_back(steps[next(steps.size())](a, b, row));
  }
  return values.back();
}

TEST(DonationChains, HaveTheBitsOfThoseThatKeep) {
  int64_t reused = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Options options;
    if (seed % 2)
      options.input_signature = {spec<float>({dyn, dyn}), spec<float>({dyn, dyn}), spec<float>({dyn})};
    auto step = function([seed](Tensor x, Tensor y, Tensor row) { return random_chain(seed, x, y, row); }, options);
    const Shape shape = seed % 3 == 0 ? Shape({1, 1}) : seed % 3 == 1 ? Shape({7, 5}) : Shape({33, 129});
    const Tensor y = ramp(shape) * 0.01f, row = ramp({shape[1]}) * 0.1f;
    Tensor donated = ramp(shape) * -0.02f;
    Tensor kept = from_vector(donated.to_vector<float>(), shape);
    for (int i = 0; i < 3; ++i) {
      donated = step(std::move(donated), y, row);
      kept = step(kept, y, row);
      EXPECT_TRUE(same_bits(donated, kept));
    }
    reused += step.stats().reused_arguments;
  }
  EXPECT_GT(reused, 30);
}

TEST(DonationChains, LeaveNothingToReturn) {
  std::vector<std::string> texts;
  test::both_ways([&] {
    auto take = function([](Tensor x) { return x + 1.0f; }, {.name = "take"});
    Tensor given = ramp({2});
    take(std::move(given));
    // NOLINTBEGIN(bugprone-use-after-move): which is what this is about
    auto f = function([&](Tensor x) { return std::vector{x, given}; }, {.name = "give"});
    auto g = function([&](auto x) { return given; }, {.name = "generic"});
    // NOLINTEND(bugprone-use-after-move)
    for (const Error &error : {error_of([&] { f(ramp({2})); }), error_of([&] { g(ramp({2})); })})
      texts.push_back(error.what());
  });
  ASSERT_EQ(texts.size(), 4u);
  EXPECT_EQ(texts[0], texts[2]);
  EXPECT_EQ(texts[1], texts[3]);
  EXPECT_TRUE(texts[0].starts_with("give: a donated tensor has no value, got f32[2], donated to take at ")) << texts[0];
}

} // namespace
} // namespace etch
