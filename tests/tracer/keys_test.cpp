// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a signature is made of.
#include "tests/tracer/bits.h"

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <variant>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

enum class Mode { slow, fast = 7 };

struct Inner {
  Tensor w;
  int power;
};
struct Batch {
  bool mask;
  Tensor images;
  std::vector<Inner> layers;
};
struct Both {
  Tensor sum;
  int count;
  std::string name;
};
class Opaque {
public:
  Opaque() = default;
  Opaque(Tensor x, float scale) : x_(std::move(x)), scale_(scale) {}
  Tensor scaled() const { return x_ * scale_; }
  friend auto tie_fields(Opaque &self) { return std::tie(self.x_, self.scale_); }

private:
  Tensor x_;
  float scale_ = 0;
};
/// A second class of one namespace that lists its fields.
struct Based : Inner {
  Tensor y;
  int unlisted[2] = {1, 2};
  friend auto tie_fields(Based &self) { return std::tie(self.w, self.y); }
};

/// Makes a Variable, and draws, where it is made by default.
struct Layer {
  Variable weight = Variable(random_normal({2}), "weight");
  std::vector<Tensor> more = {weight + 1.0f};
  friend auto tie_fields(Layer &self) { return std::tie(self.weight, self.more); }
};

TEST(Key, HoldsVariablesOfClasses) {
  std::vector<std::vector<float>> drawn;
  test::both_ways([&] {
    set_seed(3);
    const Layer layer;
    auto f = function([](const Layer &layer, Tensor x) {
      layer.weight.assign_add(x);
      return Layer{layer.weight, {layer.more[0] * x + random_normal({2})}};
    });
    for (int call = 0; call < 3; ++call) {
      const Layer result = f(layer, ramp({2}));
      EXPECT_EQ(result.weight.state(), layer.weight.state());
      drawn.push_back(result.more[0].to_vector<float>());
    }
    drawn.push_back(layer.weight.value().to_vector<float>());
    drawn.push_back(random_normal({2}).to_vector<float>());
    EXPECT_EQ(f.trace_count(), functions_run_eagerly() ? 0 : 1);
  });
  ASSERT_EQ(drawn.size(), 10u);
  for (size_t i = 0; i < 5; ++i)
    EXPECT_EQ(drawn[i], drawn[i + 5]) << i;
}

TEST(Key, HoldsNumbersByValue) {
  auto traced = function([](Tensor x, int n) { return x * static_cast<float>(n); });
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_TRUE(same_bits(traced(ramp({3}), 2), ramp({3}) * 2.0f));
    EXPECT_TRUE(same_bits(traced(ramp({3}), -1), ramp({3}) * -1.0f));
  }
  EXPECT_EQ(traced.trace_count(), 2);
}

TEST(Key, HoldsFloatsByBits) {
  auto traced = function([](Tensor x, double a, float b) { return x * static_cast<float>(a) + b; });
  const double nan = std::numeric_limits<double>::quiet_NaN();
  traced(ramp({2}), nan, 0.0f);
  traced(ramp({2}), nan, 0.0f);
  EXPECT_EQ(traced.trace_count(), 1) << "NaN is itself";
  const Tensor minus = traced(ramp({2}) * 0.0f, 0.0, -0.0f), plus = traced(ramp({2}) * 0.0f, 0.0, 0.0f);
  EXPECT_EQ(traced.trace_count(), 3) << "-0 is not 0";
  EXPECT_TRUE(same_bits(minus, ramp({2}) * 0.0f + -0.0f));
  traced(ramp({2}), -std::numeric_limits<double>::infinity(), 0.0f);
  EXPECT_EQ(traced.trace_count(), 4);
}

TEST(Key, HoldsStringsEnumsAndOptionals) {
  auto traced = function([](Tensor x, const std::string &name, Mode mode, std::optional<int64_t> shift) {
    Tensor y = name == "relu" ? relu(x) : name.size() > 8 ? exp(x) : x;
    if (mode == Mode::fast)
      y = y + 1.0f;
    return shift ? y + static_cast<float>(*shift) : y;
  });
  const Tensor x = ramp({4}) - 1.5f;
  EXPECT_TRUE(same_bits(traced(x, "relu", Mode::slow, std::nullopt), relu(x)));
  EXPECT_TRUE(same_bits(traced(x, "relu", Mode::fast, 0), relu(x) + 1.0f + 0.0f));
  EXPECT_TRUE(same_bits(traced(x, "a name longer than a word", Mode::slow, 2), exp(x) + 2.0f));
  EXPECT_TRUE(same_bits(traced(x, std::string("re\0lu", 5), Mode::slow, std::nullopt), x));
  EXPECT_EQ(traced.trace_count(), 4);
  EXPECT_TRUE(same_bits(traced(x, "relu", Mode::fast, 0), relu(x) + 1.0f + 0.0f));
  EXPECT_EQ(traced.trace_count(), 4);
}

TEST(Key, HoldsTypesOfGenericCalls) {
  auto traced = function([](Tensor x, auto n) { return x * static_cast<float>(n); });
  for (int repeat = 0; repeat < 2; ++repeat) {
    traced(ramp({2}), 1);
    traced(ramp({2}), 1.0f);
    traced(ramp({2}), true);
  }
  EXPECT_EQ(traced.trace_count(), 3);
  auto named = function([](const auto &x, const auto &...rest) { return x * static_cast<float>(sizeof...(rest)); });
  EXPECT_TRUE(same_bits(named(ramp({2}), "a", "b"), ramp({2}) * 2.0f));
  EXPECT_TRUE(same_bits(named(ramp({2})), ramp({2}) * 0.0f));
  named(ramp({2}), std::string("a"), std::string("b"));
  EXPECT_EQ(named.trace_count(), 2) << "a string literal is a string";
  int runs = 0;
  auto quiet = function([&](auto...) { ++runs; });
  quiet(ramp({2}), 3);
  quiet(ramp({2}), 3);
  EXPECT_EQ(runs, 1);
}

TEST(Key, TakesNumbersThatAreNotPartOfIt) {
  auto traced = function([](Tensor x, Dyn<float> rate, Dyn<int64_t> n) { return x * rate + cast(n, DType::f32); });
  for (const float rate : {0.5f, 1.5f, -3.0f})
    EXPECT_TRUE(same_bits(traced(ramp({3}), rate, 4), ramp({3}) * rate + 4.0f));
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(Key, TellsContainersApart) {
  auto traced = function([](const std::vector<std::vector<Tensor>> &lists) {
    Tensor sum = zeros({2});
    float weight = 1.0f;
    for (const auto &list : lists) {
      for (const Tensor &x : list)
        sum = sum + x * weight;
      weight *= 10.0f;
    }
    return sum;
  });
  const Tensor x = ramp({2}), y = ramp({2}) + 1.0f;
  const auto one = traced({{x}, {y}}), two = traced({{x, y}}), three = traced({{x, y}, {}});
  EXPECT_EQ(traced.trace_count(), 3);
  EXPECT_TRUE(same_bits(one, zeros({2}) + x * 1.0f + y * 10.0f));
  EXPECT_TRUE(same_bits(two, three));
}

TEST(Key, HoldsTheAlternativeOfAVariant) {
  using Choice = std::variant<std::monostate, int, float, Tensor>;
  auto traced = function([](Tensor x, const Choice &choice) {
    if (const auto *n = std::get_if<int>(&choice))
      return x + static_cast<float>(*n);
    if (const auto *f = std::get_if<float>(&choice))
      return x * *f;
    if (const auto *t = std::get_if<Tensor>(&choice))
      return x - *t;
    return x;
  });
  const Tensor x = ramp({3});
  EXPECT_TRUE(same_bits(traced(x, {}), x));
  EXPECT_TRUE(same_bits(traced(x, 1), x + 1.0f));
  EXPECT_TRUE(same_bits(traced(x, 1.0f), x * 1.0f));
  EXPECT_TRUE(same_bits(traced(x, x), x - x));
  EXPECT_TRUE(same_bits(traced(x, x + 1.0f), x - (x + 1.0f)));
  EXPECT_EQ(traced.trace_count(), 4);
}

TEST(Key, TakesStructsApart) {
  auto traced = function(
      [](const Batch &batch) {
        Tensor y = batch.mask ? batch.images * 0.0f : batch.images;
        for (const Inner &layer : batch.layers)
          y = y + layer.w * static_cast<float>(layer.power);
        return y;
      },
      {.arguments = {"batch"}});
  const Tensor x = ramp({2});
  EXPECT_TRUE(same_bits(traced({false, x, {{x, 2}}}), x + x * 2.0f));
  EXPECT_TRUE(same_bits(traced({false, x + 1.0f, {{x, 2}}}), x + 1.0f + x * 2.0f));
  EXPECT_EQ(traced.trace_count(), 1);
  traced({true, x, {{x, 2}}});
  EXPECT_EQ(traced.trace_count(), 2);
  const auto compiled = traced.trace({false, x, {{x, 2}}}).compile();
  EXPECT_EQ(error_of([&] { compiled({false, ramp({3}), {{x, 2}}}); }).summary(),
            "function: argument 'batch'.images must be f32[2], as it was traced, got f32[3]");
  EXPECT_EQ(error_of([&] { compiled({false, x, {{x, 3}}}); }).summary(),
            "function: argument 'batch'.layers[0].power must be 2, as it was traced, got 3");
  EXPECT_EQ(error_of([&] { compiled({true, x, {{x, 2}}}); }).summary(),
            "function: argument 'batch'.mask must be false, as it was traced, got true");
  EXPECT_EQ(error_of([&] { compiled({false, x, {}}); }).summary(),
            "function: argument 'batch'.layers.size() must be 1, as it was traced, got 0");
}

TEST(Key, TakesStructsWithTiedFields) {
  auto traced = function([](const Opaque &opaque) { return opaque.scaled(); });
  EXPECT_TRUE(same_bits(traced(Opaque(ramp({2}), 3.0f)), ramp({2}) * 3.0f));
  EXPECT_TRUE(same_bits(traced(Opaque(ramp({2}) + 1.0f, 3.0f)), (ramp({2}) + 1.0f) * 3.0f));
  EXPECT_EQ(traced.trace_count(), 1);
  traced(Opaque(ramp({2}), 4.0f));
  EXPECT_EQ(traced.trace_count(), 2);
}

TEST(Key, TakesStructsWithBasesAndTiedFields) {
  auto traced = function([](const Based &based, const Opaque &opaque) {
    Based result;
    result.w = based.w + based.y;
    result.y = opaque.scaled();
    return result;
  });
  Based based;
  based.w = ramp({2});
  based.y = ramp({2}) + 1.0f;
  const Based result = traced(based, Opaque(ramp({3}), 2.0f));
  EXPECT_TRUE(same_bits(result.w, based.w + based.y));
  EXPECT_TRUE(same_bits(result.y, ramp({3}) * 2.0f));
  based.unlisted[0] = 7;
  traced(based, Opaque(ramp({3}), 2.0f));
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(Key, TakesContainersOfStructsWithTiedFields) {
  using Inner = std::pair<std::optional<Opaque>, std::array<Opaque, 1>>;
  auto traced = function(
      [](const std::vector<Opaque> &list, const std::map<int, Inner> &map, const std::variant<int, Opaque> &choice) {
        Tensor sum = std::get<Opaque>(choice).scaled();
        for (const Opaque &each : list)
          sum = sum + each.scaled();
        for (const auto &[key, inner] : map)
          sum = sum + inner.first->scaled() * static_cast<float>(key) + inner.second[0].scaled();
        return sum;
      });
  const Opaque one(ramp({2}), 2.0f), two(ramp({2}) + 1.0f, 3.0f);
  const Tensor expected = one.scaled() + one.scaled() + two.scaled() + two.scaled() * 5.0f + one.scaled();
  EXPECT_TRUE(same_bits(traced({one, two}, {{5, {two, {one}}}}, one), expected));
}

TEST(Result, MayBeAStruct) {
  auto traced = function([](Tensor x, int n) { return Both{x + 1.0f, n, "n" + std::to_string(n)}; });
  for (int repeat = 0; repeat < 2; ++repeat)
    for (const int n : {3, 4}) {
      const Both both = traced(ramp({2}), n);
      EXPECT_TRUE(same_bits(both.sum, ramp({2}) + 1.0f));
      EXPECT_EQ(both.count, n);
      EXPECT_EQ(both.name, "n" + std::to_string(n));
    }
  auto largest = function([](Tensor x) { return top_k(x, 2); });
  EXPECT_TRUE(same_bits(largest(ramp({5})).values, top_k(ramp({5}), 2).values));
}

TEST(Method, TakesItsObjectAsFirstArgument) {
  auto traced = function(&Opaque::scaled);
  EXPECT_TRUE(same_bits(traced(Opaque(ramp({2}), 3.0f)), ramp({2}) * 3.0f));
  EXPECT_TRUE(same_bits(traced(Opaque(ramp({3}), 2.0f)), ramp({3}) * 2.0f));
  EXPECT_EQ(traced.trace_count(), 2);
}

TEST(VariableArgument, IsTakenBySpec) {
  auto doubled = function([](Variable v) { v.assign(v * 2.0f); });
  Variable a(ramp({2}) + 1.0f, "a"), b(ramp({2}) + 5.0f, "b"), n(constant({1, 2}), "n");
  doubled(a);
  doubled(b);
  EXPECT_EQ(doubled.trace_count(), 1);
  EXPECT_TRUE(same_bits(a.value(), (ramp({2}) + 1.0f) * 2.0f));
  EXPECT_TRUE(same_bits(b.value(), (ramp({2}) + 5.0f) * 2.0f));
  auto generic = function([](const Variable &v) { v.assign(v + v); });
  generic(a);
  generic(n);
  EXPECT_EQ(generic.trace_count(), 2);
  EXPECT_EQ(n.value().to_vector<int32_t>(), (std::vector<int32_t>{2, 4}));
}

TEST(VariableArgument, IsTakenByAliasPattern) {
  auto add = function([](Variable x, Variable y) {
    x.assign(x + 1.0f);
    y.assign_add(x);
    return x.value();
  });
  const auto run = [](auto &&call) {
    Variable v(ramp({2}), "v"), w(ramp({2}) * 3.0f, "w");
    std::vector<Tensor> seen{call(v, v), call(v, w), call(w, v), call(w, w)};
    seen.push_back(v.value());
    seen.push_back(w.value());
    return seen;
  };
  const std::vector<Tensor> traced = run(add);
  run_functions_eagerly(true);
  const std::vector<Tensor> eager = run(add);
  run_functions_eagerly(false);
  for (size_t i = 0; i < traced.size(); ++i)
    EXPECT_TRUE(same_bits(traced[i], eager[i])) << i;
  EXPECT_EQ(add.trace_count(), 2);
}

TEST(VariableArgument, MayBeCapturedToo) {
  Variable v(ramp({2}), "v"), w(ramp({2}) * 3.0f, "w");
  auto body = [v](Variable x) {
    x.assign(x + 1.0f);
    v.assign(v * 2.0f);
    return x + v;
  };
  auto traced = function(body);
  for (int repeat = 0; repeat < 3; ++repeat)
    for (const Variable &each : {v, w}) {
      const Tensor v0 = v.value(), w0 = w.value();
      const Tensor expected = body(each);
      const Tensor v1 = v.value(), w1 = w.value();
      v.assign(v0);
      w.assign(w0);
      EXPECT_TRUE(same_bits(traced(each), expected));
      EXPECT_TRUE(same_bits(v.value(), v1));
      EXPECT_TRUE(same_bits(w.value(), w1));
    }
}

TEST(VariableArgument, IsNotTakenForAnotherAtItsOldAddress) {
  Variable w(ones({1}), "w");
  auto f = function([&](Variable a, Variable b) {
    w.assign_add(ones({1}));
    return a * static_cast<float>(b.shape()[0]);
  });
  for (int i = 0; i < 200; ++i) {
    const int64_t n = 1 + i % 3;
    Variable b(ones({n}), "b");
    EXPECT_EQ(f(w, b).to_vector<float>()[0], static_cast<float>((i + 2) * n)) << i;
  }
}

TEST(VariableArgument, MayBeReturnedAndIsNotKept) {
  auto same = function([](Variable v, int n) {
    v.assign(v + static_cast<float>(n));
    return v;
  });
  std::weak_ptr<const void> state;
  {
    Variable a(ramp({2}), "a"), b(ramp({2}), "b");
    EXPECT_EQ(same(a, 1).state(), a.state());
    EXPECT_EQ(same(b, 1).state(), b.state());
    state = a.state();
  }
  EXPECT_TRUE(state.expired());
  EXPECT_EQ(same.trace_count(), 1);
  Variable captured(ramp({2}), "c");
  EXPECT_EQ(function([captured](Tensor) { return captured; })(ramp({1})).state(), captured.state());
}

TEST(VariableArgument, MeansNothingOutsideItsTrace) {
  std::optional<Variable> kept;
  auto traced = function([&](Variable v) {
    kept = v;
    return v.value();
  });
  Variable a(ramp({2}), "a");
  EXPECT_EQ(error_of([&] { traced(a); }).code(), ErrorCode::tracing);
  EXPECT_EQ(error_of([&] { kept->value(); }).summary(),
            "read_variable: variable 'a' is out of scope: it is an argument of a traced function, used outside the "
            "trace it belongs to");
  EXPECT_EQ(error_of([&] { function([&] { return *kept + 1.0f; })(); }).code(), ErrorCode::tracing);
}

TEST(VariableArgument, IsCheckedByConcreteCalls) {
  auto traced = function([](Variable v, Variable w) { v.assign_add(w); }, {.arguments = {"v", "w"}});
  Variable a(ramp({2}), "a"), b(ramp({2}), "b"), wide(ramp({3}), "wide"), still(ramp({2}), "still", false);
  const auto compiled = traced.trace(a, b).compile();
  compiled(a, b);
  EXPECT_TRUE(same_bits(a.value(), ramp({2}) + ramp({2})));
  EXPECT_EQ(error_of([&] { compiled(a, wide); }).summary(),
            "function: argument 'w' must be a Variable f32[2], as it was traced, got f32[3]");
  EXPECT_EQ(
      error_of([&] { compiled(a, a); }).summary(),
      "function: argument 'w' must be a Variable of its own, as it was traced, got the same Variable as argument 'v'");
  EXPECT_EQ(error_of([&] { compiled(a, still); }).summary(),
            "function: argument 'w' must be trainable, as it was traced, got 'still', which is not");
}

TEST(Dyn, MayBeANumberOfTwoBytes) {
  auto f = function([](Tensor x, Dyn<float16> scale) { return x * scale; });
  const Tensor x = cast(ramp({3}), DType::f16);
  EXPECT_TRUE(same_bits(f(x, float16(1.5)), x * 1.5f));
  EXPECT_TRUE(same_bits(f(x, float16(0.1)), x * 0.1f));
  EXPECT_EQ(f.trace_count(), 1);
  EXPECT_EQ(static_cast<float>(float16(1.0 / 3)), 0.333251953125f);
  EXPECT_EQ(static_cast<float>(bfloat16(1.0 / 3)), 0.333984375f);
}

} // namespace
} // namespace etch
