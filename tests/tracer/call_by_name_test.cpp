// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Concrete functions called with feeds and fetches.
#include "tests/tracer/bits.h"

#include <map>
#include <optional>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

struct Layer {
  Tensor weights;
  int power;
};

struct Output {
  Tensor loss;
  std::vector<Tensor> parts;
  int count;
};

TEST(CallByName, FeedsArgumentsAndFetchesResults) {
  auto f =
      function([](Tensor x, Tensor y, float a) { return std::pair(x + y, x * a); }, {.arguments = {"x", "y", "a"}});
  const auto concrete = f.concrete(spec<float>({dyn}), spec<float>({dyn}), 3.0f);
  EXPECT_EQ(concrete.argument_names(), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(concrete.result_names(), (std::vector<std::string>{"result[0]", "result[1]"}));
  const std::map<std::string, Tensor> feeds{{"y", ramp({4}) + 1.0f}, {"x", ramp({4})}};
  const std::vector<Tensor> both = concrete.run(feeds, {"result[1]", "result[0]", "result[1]"});
  ASSERT_EQ(both.size(), 3u);
  EXPECT_TRUE(same_bits(both[0], ramp({4}) * 3.0f));
  EXPECT_TRUE(same_bits(both[1], ramp({4}) + (ramp({4}) + 1.0f)));
  EXPECT_TRUE(same_bits(both[2], both[0]));
  EXPECT_TRUE(concrete.run(feeds, {}).empty());
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(CallByName, NamesWhatHasNone) {
  auto f = function([](Tensor x, Tensor y) { return x - y; });
  const auto concrete = f.concrete(spec<float>(), spec<float>());
  EXPECT_EQ(concrete.argument_names(), (std::vector<std::string>{"argument 0", "argument 1"}));
  EXPECT_EQ(concrete.result_names(), std::vector<std::string>{"result"});
  EXPECT_EQ(concrete.run({{"argument 0", 5.0f}, {"argument 1", 2.0f}}, {"result"})[0].item<float>(), 3.0f);
}

TEST(CallByName, NamesPlacesInStructures) {
  auto f = function(
      [](const std::vector<Layer> &layers, const std::map<std::string, Tensor> &inputs, std::optional<Tensor> bias) {
        Tensor x = inputs.at("images");
        std::vector<Tensor> parts;
        for (const Layer &layer : layers)
          parts.push_back(x = x * layer.weights + static_cast<float>(layer.power));
        return Output{reduce_sum(bias ? x + *bias : x), parts, 2};
      },
      {.arguments = {"layers", "inputs", "bias"}});
  const auto concrete = f.concrete({{spec<float>({2}), 1}, {spec<float>({2}), 2}}, {{"images", spec<float>({2})}},
                                   std::optional<Tensor>(spec<float>({2})));
  EXPECT_EQ(concrete.argument_names(),
            (std::vector<std::string>{"layers[0].weights", "layers[1].weights", "inputs[\"images\"]", "bias"}));
  EXPECT_EQ(concrete.result_names(), (std::vector<std::string>{"result.loss", "result.parts[0]", "result.parts[1]"}));
  const std::vector<Tensor> results = concrete.run({{"layers[0].weights", ramp({2})},
                                                    {"layers[1].weights", ramp({2}) + 1.0f},
                                                    {"inputs[\"images\"]", ones({2})},
                                                    {"bias", ones({2})}},
                                                   {"result.parts[1]", "result.loss"});
  const Tensor last = (ones({2}) * ramp({2}) + 1.0f) * (ramp({2}) + 1.0f) + 2.0f;
  EXPECT_TRUE(same_bits(results[0], last));
  EXPECT_TRUE(same_bits(results[1], reduce_sum(last + ones({2}))));
}

TEST(CallByName, HasAllEffects) {
  Variable steps(Tensor(0), "steps");
  int calls = 0;
  auto f = function([&](Tensor x) {
    steps.assign_add(1);
    on_each_call([&] { ++calls; });
    return x + 1.0f;
  });
  const auto concrete = f.concrete(spec<float>({2}));
  concrete.run({{"argument 0", ramp({2})}}, {});
  concrete.run({{"argument 0", ramp({2})}}, {"result"});
  EXPECT_EQ(steps.value().item<int32_t>(), 2);
  EXPECT_EQ(calls, 2);
}

TEST(CallByName, TakesVariablesByName) {
  auto f = function([](Variable v, Tensor x) { v.assign_add(x); }, {.name = "f", .arguments = {"v", "x"}});
  Variable traced(ramp({2}), "traced"), other(ramp({2}), "other");
  const auto concrete = f.concrete(traced, spec<float>({2}));
  EXPECT_EQ(concrete.argument_names(), std::vector<std::string>{"x"});
  EXPECT_TRUE(concrete.result_names().empty());
  EXPECT_TRUE(concrete.run({{"x", ones({2})}}, {}, {{"v", other}}).empty());
  EXPECT_TRUE(same_bits(other.value(), ramp({2}) + 1.0f));
  EXPECT_TRUE(same_bits(traced.value(), ramp({2})));
  const auto wrong = [&](const std::map<std::string, Variable> &variables) {
    return error_of([&] { concrete.run({{"x", ones({2})}}, {}, variables); }).summary();
  };
  EXPECT_EQ(wrong({}), "f: a Variable must be given for 'v', got none");
  EXPECT_EQ(wrong({{"v", other}, {"w", other}}), "f: a Variable must be one of 'v', got 'w'");
  EXPECT_EQ(wrong({{"v", Variable(ramp({3}), "long")}}),
            "f: argument 'v' must be a Variable f32[2], as it was traced, got f32[3]");
}

TEST(CallByName, LeavesOutWhatWasUndefined) {
  auto f = function([](Tensor x, Tensor mask) { return mask.defined() ? x * mask : x; }, {.arguments = {"x", "mask"}});
  const auto concrete = f.concrete(spec<float>({2}), Tensor());
  EXPECT_EQ(concrete.argument_names(), std::vector<std::string>{"x"});
  EXPECT_TRUE(same_bits(concrete.run({{"x", ramp({2})}}, {"result"})[0], ramp({2})));
}

TEST(CallByName, SaysWhatThereIs) {
  auto f = function([](Tensor x, Tensor y, int n) { return std::pair(x + y, x * static_cast<float>(n)); },
                    {.name = "f", .arguments = {"x", "y", "n"}});
  const auto concrete = f.concrete(spec<float>({dyn}), spec<float>({dyn}), 2);
  const auto wrong = [&](const std::map<std::string, Tensor> &feeds, const std::vector<std::string> &fetches) {
    const Error error = error_of([&] { concrete.run(feeds, fetches); });
    EXPECT_GT(error.location().line, 0);
    return error.summary();
  };
  const Tensor x = ramp({2});
  EXPECT_EQ(wrong({{"x", x}}, {"result[0]"}), "f: a feed must be given for 'y', got 'x'");
  EXPECT_EQ(wrong({}, {"result[0]"}), "f: a feed must be given for 'x', got none");
  EXPECT_EQ(wrong({{"x", x}, {"y", x}, {"z", x}}, {}), "f: a feed must be one of 'x', 'y', got 'z'");
  EXPECT_EQ(wrong({{"x", x}, {"y", x}, {"n", x}}, {}), "f: a feed must be one of 'x', 'y', got 'n'");
  EXPECT_EQ(wrong({{"x", x}, {"y", x}}, {"result"}),
            "f: a fetch must be one of 'result[0]', 'result[1]', got 'result'");
  EXPECT_EQ(wrong({{"x", x}, {"y", Tensor()}}, {}), "f: the feed of 'y' must be a tensor, got undefined");
  EXPECT_EQ(wrong({{"x", constant({1, 2})}, {"y", x}}, {}),
            "f: argument 'x' must be f32[?], as it was traced, got i32[2]");
  EXPECT_EQ(wrong({{"x", x}, {"y", ramp({2, 2})}}, {}),
            "f: argument 'y' must be f32[?], as it was traced, got f32[2,2]");
  EXPECT_EQ(wrong({{"x", x}, {"y", ramp({3})}}, {}), error_of([&] { x + ramp({3}); }).summary());
  auto nothing = function([] {}, {.name = "nothing"}).concrete();
  EXPECT_EQ(error_of([&] { nothing.run({{"x", x}}, {}); }).summary(), "nothing: there is no feed, got 'x'");
  EXPECT_EQ(error_of([&] { nothing.run({}, {"result"}); }).summary(), "nothing: there is no fetch, got 'result'");
  EXPECT_TRUE(nothing.run({}, {}).empty());
}

TEST(CallByName, WorksInsideATrace) {
  auto inner = function([](Tensor x) { return std::pair(x + 1.0f, x * 2.0f); }).concrete(spec<float>({dyn}));
  auto outer = function([&](Tensor x) { return inner.run({{"argument 0", x}}, {"result[1]"})[0] - x; });
  EXPECT_TRUE(same_bits(outer(ramp({3})), ramp({3}) * 2.0f - ramp({3})));
}

} // namespace
} // namespace etch
