// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The cases of conformance_test.cpp that are about state, leaks, warnings and donation.
#include "tests/tracer/bits.h"
#include "tests/tracer/traced_or_not.h"

#include <optional>
#include <vector>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

class StateConformance : public test::TracedOrNot {};
INSTANTIATE_TEST_SUITE_P(Both, StateConformance, testing::Bool(), test::TracedOrNot::name);

TEST_P(StateConformance, EffectsKeepProgramOrder) {
  for (int run = 0; run < 30; ++run) {
    const Variable v(Tensor(0.0f), "v");
    auto assigned = function([&](Tensor x) { return v.assign(x), v.value(); });
    auto added = function([&](Tensor x) { return v.assign_add(x), v.value(); });
    auto body = function([&] {
      const Tensor first = assigned(1.0f);
      check(first == 1.0f, "after assign {}", first);
      const Tensor second = added(1.0f);
      check(second == 2.0f, "after assign_add {}", second);
      return std::pair(first, second);
    });
    const auto [first, second] = body();
    EXPECT_EQ(first.item<float>(), 1.0f);
    EXPECT_EQ(second.item<float>(), 2.0f);
  }
}

TEST_P(StateConformance, ReadsInsideComeBeforeWritesOutside) {
  for (int run = 0; run < 30; ++run) {
    const Variable v(Tensor(1.0f), "v");
    auto read = function([&] { return v.value(); });
    auto outer = function([&] {
      const Tensor old = read();
      v.assign_add(2.0f);
      return old + 1.0f;
    });
    EXPECT_EQ(outer().item<float>(), 2.0f);
    EXPECT_EQ(v.value().item<float>(), 3.0f);
  }
}

TEST_P(StateConformance, VariablesAreMadeByTheFirstCall) {
  std::optional<Variable> made;
  auto f = function([&](Tensor x) {
    if (!made)
      made.emplace(2.0f * x, "made");
    return *made * x;
  });
  EXPECT_EQ(f(1.0f).item<float>(), 2.0f);
  EXPECT_EQ(f(3.0f).item<float>(), 6.0f);
  struct Model {
    std::optional<Variable> weight;
    float first;
  };
  Model one{{}, 1.0f}, two{{}, 5.0f};
  const auto step = [](Model &model) {
    return function([&](Tensor x) {
      if (!model.weight)
        model.weight.emplace(Tensor(model.first), "weight");
      return *model.weight + x;
    });
  };
  auto of_one = step(one), of_two = step(two);
  EXPECT_EQ(of_one(1.0f).item<float>(), 2.0f);
  EXPECT_EQ(of_two(1.0f).item<float>(), 6.0f);
}

TEST_P(StateConformance, AValueSetWhileAVariableIsMadeStays) {
  std::optional<Variable> made;
  auto f = function([&](Tensor x) {
    if (!made) {
      made.emplace(Tensor(1.0f), "made");
      made->assign(10.0f);
    }
    return *made + x;
  });
  EXPECT_EQ(f(3.0f).item<float>(), 13.0f);
  EXPECT_EQ(f(4.0f).item<float>(), 14.0f);
  made->assign(11.0f);
  EXPECT_EQ(f(3.0f).item<float>(), 14.0f);
  EXPECT_EQ(f(4.0f).item<float>(), 15.0f);
}

TEST_P(StateConformance, VariablesMadeByEveryCallAreAnErrorOfTracing) {
  auto f = function([](Tensor x) {
    const Variable v(Tensor(1.0f), "v");
    return v + x;
  });
  if (traced())
    EXPECT_EQ(error_of([&] { f(1.0f); }).code(), ErrorCode::tracing);
  else
    EXPECT_EQ(f(1.0f).item<float>(), 2.0f);
}

TEST_P(StateConformance, ValuesOfATraceDoNotLeaveIt) {
  Tensor kept;
  std::vector<Tensor> list;
  auto f = function([&](Tensor x) { return kept = x * 2.0f, x; }, {.name = "f"});
  auto g = function([&](Tensor x) { return list.push_back(x + 1.0f), x; }, {.name = "g"});
  if (traced()) {
    EXPECT_EQ(error_of([&] { f(ramp({4, 3})); }).code(), ErrorCode::tracing);
    const std::string text = error_of([&] { kept + 1.0f; }).summary();
    EXPECT_NE(text.find("f32[4,3]"), std::string::npos) << text;
    EXPECT_NE(text.find("conformance_state_test.cpp:"), std::string::npos) << text;
    EXPECT_EQ(error_of([&] { g(1.0f); }).code(), ErrorCode::tracing);
  } else {
    EXPECT_TRUE(same_bits(f(ramp({4, 3})), ramp({4, 3})));
    EXPECT_TRUE(same_bits(kept, ramp({4, 3}) * 2.0f));
    g(1.0f);
    EXPECT_EQ(list.size(), 1u);
  }
}

TEST_P(StateConformance, RepeatedTracesAreWarnedOf) {
  const auto warnings_of = [](auto &&calls) {
    testing::internal::CaptureStderr();
    calls();
    const std::string said = testing::internal::GetCapturedStderr();
    int64_t count = 0;
    for (size_t at = said.find("etch: warning"); at != std::string::npos; at = said.find("etch: warning", at + 1))
      ++count;
    return count;
  };
  auto f = function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = "f"});
  auto g = function([](Tensor x, int n) { return x + static_cast<float>(n); }, {.name = "g"});
  const auto call = [](auto &function, int from, int to) {
    for (int n = from; n < to; ++n)
      function(1.0f, n);
  };
  EXPECT_EQ(warnings_of([&] { call(f, 0, 4), call(g, 0, 4); }), 0);
  EXPECT_EQ(warnings_of([&] { call(g, 4, 5); }), traced() ? 1 : 0);
  EXPECT_EQ(warnings_of([&] { call(f, 4, 40); }), traced() ? 2 : 0);
  auto open = function([](Tensor x) { return x + 1.0f; }, {.input_signature = {spec<float>({dyn})}});
  EXPECT_EQ(warnings_of([&] {
              for (int64_t n = 1; n < 20; ++n)
                open(ramp({n}));
            }),
            0);
}

TEST_P(StateConformance, DonatedTensorsAreGone) {
  auto f = function([](Tensor x, Tensor y) { return x + y; }, {.name = "f"});
  Tensor x = ramp({3, 4}), y = ramp({3, 4}) + 1.0f;
  const Tensor expected = x + y;
  EXPECT_TRUE(same_bits(f(std::move(x), y), expected));
  EXPECT_EQ(error_of([&] { x + 1.0f; }).code(), ErrorCode::invalid_argument); // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(x.shape(), Shape({3, 4}));
  EXPECT_TRUE(same_bits(y, ramp({3, 4}) + 1.0f));
  EXPECT_EQ(error_of([&] { f(std::move(y), y); }).code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(same_bits(y, ramp({3, 4}) + 1.0f)) << "nothing is lost";
  auto outer = function([&](Tensor a) {
    Tensor inner = a * 2.0f;
    return f(std::move(inner), a);
  });
  EXPECT_TRUE(same_bits(outer(y), y * 2.0f + y));
  EXPECT_TRUE(same_bits(y, ramp({3, 4}) + 1.0f));
  auto same = function([](Tensor a) { return a; });
  const Tensor copy = y;
  const Tensor result = same(std::move(y));
  EXPECT_TRUE(same_bits(result, copy));
  if (traced()) {
    EXPECT_NE(result.data<float>(), copy.data<float>()) << "never the memory of a live tensor";
  }
}

} // namespace
} // namespace etch
