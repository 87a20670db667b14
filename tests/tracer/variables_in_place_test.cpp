// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled assignments that write a Variable's new value over the old one, and those that must not.
#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"

#include <stdexcept>

namespace etch {
namespace {

using test::error_of;
using test::in_threads;
using test::ramp;
using test::same_bits;

const void *memory_of(const Variable &v) { return v.value().data<float>(); }

TEST(VariablesInPlace, AnElementwiseStepWritesOverTheOldValue) {
  for (const int64_t size : {0, 1, 7, 4096, 100000}) {
    SCOPED_TRACE(size);
    const Variable w(ramp({size}), "w");
    auto step = function([&](Tensor g, Tensor rate) { w.assign(w - rate * g); });
    Tensor expected = ramp({size});
    const Tensor g = ramp({size}) * 0.25f;
    const void *memory = memory_of(w);
    for (int i = 0; i < 4; ++i) {
      step(g, 0.5f);
      expected = expected - 0.5f * g;
      EXPECT_EQ(memory_of(w), memory);
    }
    EXPECT_TRUE(same_bits(w.value(), expected));
    EXPECT_EQ(step.stats().variables_in_place, 4);
    EXPECT_EQ(step.stats().reused_arguments, 0);
  }
}

TEST(VariablesInPlace, AValueThatSomebodyHoldsStays) {
  const Variable w(ramp({9}), "w");
  auto step = function([&](Tensor g) { w.assign_sub(g * 0.5f); });
  const Tensor g = ramp({9}), held = w.value();
  step(g);
  EXPECT_TRUE(same_bits(held, ramp({9})));
  EXPECT_TRUE(same_bits(w.value(), ramp({9}) - ramp({9}) * 0.5f));
  EXPECT_EQ(step.stats().variables_in_place, 0);

  const Tensor view = slice(w.value(), {2}, {3});
  const Tensor expected = from_vector(view.to_vector<float>());
  step(g);
  EXPECT_TRUE(same_bits(view, expected));
  EXPECT_EQ(step.stats().variables_in_place, 0);

  const Variable copy(w.value(), "copy");
  const std::vector<float> values = copy.value().to_vector<float>();
  step(g);
  EXPECT_EQ(copy.value().to_vector<float>(), values);
  EXPECT_EQ(step.stats().variables_in_place, 0);
  step(g);
  EXPECT_EQ(step.stats().variables_in_place, 1);
}

TEST(VariablesInPlace, ResultsAreTensorsOfTheirOwn) {
  const Variable count(zeros({3}), "count");
  auto increment = function([&] {
    const Tensor before = count.value();
    count.assign_add(ones({3}));
    return std::pair(before, count.value());
  });
  std::vector<std::pair<Tensor, Tensor>> seen;
  for (int i = 0; i < 3; ++i)
    seen.push_back(increment());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(same_bits(seen[i].first, zeros({3}) + static_cast<float>(i)));
    EXPECT_TRUE(same_bits(seen[i].second, zeros({3}) + static_cast<float>(i + 1)));
  }
  EXPECT_TRUE(same_bits(count.value(), zeros({3}) + 3.0f));
}

TEST(VariablesInPlace, VariablesMayTradeValues) {
  const Variable a(ramp({6}), "a"), b(ramp({6}) * 10.0f, "b"), c(zeros({6}), "c");
  auto trade = function([&] {
    const Tensor old = a.value();
    a.assign(b * 2.0f);
    b.assign(old + 1.0f);
    c.assign(a);
  });
  Tensor x = ramp({6}), y = ramp({6}) * 10.0f;
  for (int i = 0; i < 5; ++i) {
    trade();
    std::tie(x, y) = std::pair(y * 2.0f, x + 1.0f);
    EXPECT_TRUE(same_bits(a.value(), x));
    EXPECT_TRUE(same_bits(b.value(), y));
    EXPECT_TRUE(same_bits(c.value(), x));
  }
}

TEST(VariablesInPlace, AFailedCheckLeavesTheValue) {
  const Variable w(ramp({7}), "w");
  auto step = function([&](Tensor g, Tensor i) {
    const Tensor picked = gather(g, i, 0);
    w.assign_sub(g);
    return picked;
  });
  auto late_check = function([&](Tensor g) {
    w.assign_sub(g);
    check(reduce_all(w > -1000.0f), "w has left its range");
  });
  step(ramp({7}), constant<int64_t>({1}));
  EXPECT_EQ(step.stats().variables_in_place, 1);
  const Tensor before = w.value() + 0.0f;
  EXPECT_EQ(error_of([&] { step(ramp({7}), constant<int64_t>({9})); }).code(), ErrorCode::out_of_range);
  EXPECT_TRUE(same_bits(w.value(), before)) << "the check comes first";
  EXPECT_EQ(error_of([&] { late_check(ramp({7}) * 1e6f); }).code(), ErrorCode::check);
  EXPECT_TRUE(same_bits(w.value(), before - ramp({7}) * 1e6f)) << "the assignment comes first, as in eager code";
  EXPECT_EQ(late_check.stats().variables_in_place, 0);
}

TEST(VariablesInPlace, ACallbackSeesTheNewValueAndMayThrow) {
  const Variable w(ramp({7}), "w");
  int calls = 0;
  auto step = function([&](Tensor g) {
    on_each_call([&] {
      if (++calls == 2)
        throw std::runtime_error("second");
    });
    w.assign_sub(g);
  });
  step(ones({7}));
  EXPECT_THROW(step(ones({7})), std::runtime_error);
  EXPECT_TRUE(same_bits(w.value(), ramp({7}) - 1.0f - 1.0f));
  EXPECT_EQ(step.stats().variables_in_place, 2);
}

TEST(VariablesInPlace, ArgumentsAreVariablesToo) {
  auto step = function([](const Variable &w, Tensor g) { w.assign_add(g); });
  const Variable w(ramp({5}), "w"), v(ramp({5}) * 2.0f, "v");
  for (int i = 0; i < 2; ++i) {
    step(w, ones({5}));
    step(v, ones({5}));
  }
  EXPECT_TRUE(same_bits(w.value(), ramp({5}) + 1.0f + 1.0f));
  EXPECT_TRUE(same_bits(v.value(), ramp({5}) * 2.0f + 1.0f + 1.0f));
  EXPECT_EQ(step.stats().variables_in_place, 4);
}

TEST(VariablesInPlace, ADonatedArgumentBecomesTheValue) {
  const Variable w(zeros({64}), "w");
  auto set = function([&](Tensor x) { w.assign(x * 2.0f); });
  Tensor x = ramp({64});
  const void *memory = x.data<float>();
  set(std::move(x));
  EXPECT_EQ(memory_of(w), memory);
  EXPECT_TRUE(same_bits(w.value(), ramp({64}) * 2.0f));
  EXPECT_EQ(set.stats().reused_arguments, 1);
}

TEST(VariablesInPlace, VerifySeesTheSameStateTwice) {
  const Variable w(ramp({12}), "w");
  auto step = function([&](Tensor g) { w.assign_sub(g * w); });
  step(ones({12}) * 0.5f);
  EXPECT_EQ(verify(step, ones({12}) * 0.25f), "");
  EXPECT_TRUE(same_bits(w.value(), (ramp({12}) - 0.5f * ramp({12})) - 0.25f * (ramp({12}) - 0.5f * ramp({12}))));
}

TEST(VariablesInPlace, ReadersSeeWholeValues) {
  constexpr int64_t size = 3000;
  const Variable w(zeros({size}), "w");
  auto add = function([&](Tensor g) { w.assign_add(g); });
  auto read = function([&] { return w + 0.0f; });
  const Tensor one = ones({size});
  std::atomic<int> torn{0};
  in_threads(4, [&](int thread) {
    for (int i = 0; i < 200; ++i) {
      if (thread < 2) {
        add(one);
        continue;
      }
      const Tensor seen = thread == 2 ? w.value() : read();
      const std::vector<float> elements = seen.to_vector<float>();
      for (const float element : elements)
        if (element != elements[0]) {
          ++torn;
          break;
        }
    }
  });
  EXPECT_EQ(torn, 0);
  EXPECT_TRUE(same_bits(w.value(), zeros({size}) + 400.0f));
}

} // namespace
} // namespace etch
