// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How Functions behave, case by case, after what the tests of TensorFlow, JAX and MLX ask of theirs. Every case runs
// traced and eagerly: values, effects and errors of operations are the same, counts of traces are for traced runs.
#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"
#include "tests/tracer/traced_or_not.h"

#include <cmath>
#include <list>
#include <optional>
#include <stdexcept>
#include <thread>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

class Conformance : public test::TracedOrNot {};
INSTANTIATE_TEST_SUITE_P(Both, Conformance, testing::Bool(), test::TracedOrNot::name);

TEST_P(Conformance, DTypesRetraceAndValuesDoNot) {
  auto doubled = function([](Tensor x) { return x + x; });
  EXPECT_EQ(doubled(1).item<int32_t>(), 2);
  expect_traces(doubled, 1);
  EXPECT_EQ(doubled(2).item<int32_t>(), 4);
  expect_traces(doubled, 1);
  EXPECT_EQ(doubled(2.0f).item<float>(), 4.0f);
  expect_traces(doubled, 2);
  doubled.clear_cache();
  EXPECT_EQ(doubled.cached(), 0);
  EXPECT_EQ(doubled(1).item<int32_t>(), 2);
  EXPECT_EQ(doubled.cached(), traced() ? 1 : 0);
}

TEST_P(Conformance, HostEffectsHappenOncePerTraceAndAlwaysInTheRawCallable) {
  int count = 0;
  auto f = function([&](const Tensor &x, float factor) {
    ++count;
    return x * factor;
  });
  f(ramp({2}), 2.0f);
  f(ramp({2}), 2.0f);
  EXPECT_EQ(count, traced() ? 1 : 2);
  count = 0;
  const std::function<Tensor(const Tensor &, float)> raw = f.raw();
  EXPECT_TRUE(same_bits(raw(ramp({2}), 2.0f), ramp({2}) * 2.0f));
  EXPECT_TRUE(same_bits(raw(ramp({2}), 2.0f), ramp({2}) * 2.0f));
  EXPECT_EQ(count, 2);
  expect_traces(f, 1);
  auto generic = function([&](const Tensor &x, auto factor) {
    ++count;
    return x * static_cast<float>(factor);
  });
  const auto raw_generic = generic.raw();
  EXPECT_TRUE(same_bits(raw_generic(ramp({2}), 2), raw_generic(ramp({2}), 2.0)));
  EXPECT_EQ(count, 4);
  expect_traces(generic, 0);
}

TEST_P(Conformance, RelaxationOfAMethod) {
  struct Model {
    float scale;
    Tensor call(Tensor x) const { return x * scale; }
  };
  auto f = function(&Model::call, {.shapes = Shapes::relax});
  const Model model{2.0f};
  for (const auto &[shape, traces] : std::list<std::pair<Shape, int64_t>>{
           {{1, 2}, 1}, {{1, 2}, 1}, {{2, 2}, 2}, {{3, 2}, 2}, {{4, 2}, 2}, {{2, 1}, 3}, {{2}, 4}}) {
    EXPECT_TRUE(same_bits(f(model, ramp(shape)), ramp(shape) * 2.0f));
    expect_traces(f, traces);
  }
}

TEST_P(Conformance, SignaturesAreChecked) {
  auto f = function([](Tensor x) { return x; }, {.name = "f", .input_signature = {spec<float>({2})}});
  EXPECT_NO_THROW(f(ones({2})));
  EXPECT_EQ(error_of([&] { f(ones({3}, DType::i32)); }).summary(),
            "f: argument 0 must be f32[2] by the input signature, got i32[3]");
  EXPECT_EQ(error_of([&] { f(ones({3})); }).code(), ErrorCode::shape);
  EXPECT_EQ(error_of([&] { f(ones({2, 1})); }).code(), ErrorCode::shape);
  EXPECT_EQ(error_of([&] { f.concrete(spec<float>({3})); }).summary(),
            "f: argument 0 must be f32[2] by the input signature, got f32[3]");
}

TEST_P(Conformance, ConcreteFunctionsHoldTheirValues) {
  auto f = function([](Tensor x, int n) { return x + n; }, {.arguments = {"x", "n"}});
  const auto five = f.concrete(spec<int32_t>(), 5);
  EXPECT_EQ(five(1, 5).item<int32_t>(), 6) << "a number for a tensor is converted";
  const std::string text = error_of([&] { five(1, 8); }).summary();
  EXPECT_NE(text.find("must be 5"), std::string::npos) << text;
  EXPECT_NE(text.find("got 8"), std::string::npos) << text;
}

TEST_P(Conformance, SignaturesPrint) {
  auto f = function([](Tensor x, const std::vector<Tensor> &vector, int octopus) { return x + vector[0] * octopus; },
                    {.name = "f", .arguments = {"x", "vector", "octopus"}});
  const auto concrete = f.concrete(spec<int32_t>(), {spec<int32_t>({3})}, 7);
  EXPECT_EQ(concrete.to_string(), "f(x: i32[], vector.size() = 1, vector[0]: i32[3], octopus = 7) -> i32[3]");
  EXPECT_EQ(concrete.details().find("captures"), std::string::npos);
}

TEST_P(Conformance, CapturesAreListed) {
  const Tensor large = ramp({256}), small = ramp({4});
  Variable v(ramp({4}), "v");
  auto f = function([&](Tensor x) { return x + small * v + reduce_sum(large); });
  const auto concrete = f.concrete(spec<float>({4}));
  ASSERT_EQ(concrete.captures().size(), 2u);
  EXPECT_EQ(concrete.variables()[0].state(), v.state());
  const Tensor first = concrete.captures()[0], second = concrete.captures()[1];
  EXPECT_TRUE(first.data<float>() == small.data<float>() || second.data<float>() == small.data<float>());
  EXPECT_TRUE(first.data<float>() == large.data<float>() || second.data<float>() == large.data<float>());
  EXPECT_TRUE(same_bits(f(ramp({4})), ramp({4}) + small * v + reduce_sum(large)));
}

TEST_P(Conformance, HostEffectsHappenPerTraceAndVariablesPerCall) {
  int count = 0;
  auto f = function([&](Tensor x) { return ++count, x; });
  f(1.0f);
  f(1.0f);
  EXPECT_EQ(count, traced() ? 1 : 2);
  Variable v(Tensor(1.0f), "v"), w(Tensor(1.0f), "w");
  auto inner = function([&] { v.assign_add(1.0f); });
  auto outer = function([&] {
    inner();
    w.assign_add(1.0f);
    return v + w;
  });
  EXPECT_EQ(outer().item<float>(), 4.0f);
}

TEST_P(Conformance, CapturedVariablesAreReadAtEachCall) {
  Variable v(Tensor(1.0f), "v");
  auto f = function([&] { return v + 1.0f; });
  EXPECT_EQ(f().item<float>(), 2.0f);
  v.assign(5.0f);
  EXPECT_EQ(f().item<float>(), 6.0f);
  expect_traces(f, 1);
}

TEST_P(Conformance, VariableArgumentsGoBySpecAndAlias) {
  auto twice = function([](Variable v) { v.assign(v * cast(constant({2}), v.dtype())); });
  Variable a(ones({1}), "a"), b(ones({1}) * 3.0f, "b"), n(constant({4}), "n");
  twice(a);
  twice(b);
  expect_traces(twice, 1);
  EXPECT_EQ(a.value().to_vector<float>()[0] + b.value().to_vector<float>()[0], 8.0f);
  twice(n);
  expect_traces(twice, 2);
  auto add = function([](Variable x, Variable y) {
    x.assign_add(y);
    return x + y;
  });
  Variable v(Tensor(2.0f), "v"), w(Tensor(3.0f), "w");
  EXPECT_EQ(add(v, v).item<float>(), 8.0f);
  EXPECT_EQ(add(v, w).item<float>(), 10.0f);
  expect_traces(add, 2);
}

TEST_P(Conformance, ThreadsGetOneConcreteFunction) {
  auto f = function([](Tensor x) { return x * 2.0f; });
  std::vector<std::optional<ConcreteFunction<Tensor(Tensor)>>> all(100);
  test::in_threads(100, [&](int i) { all[static_cast<size_t>(i)] = f.concrete(spec<float>({3})); });
  for (const auto &each : all)
    EXPECT_TRUE(*each == *all[0]);
  EXPECT_EQ(f.trace_count(), 1);
}

TEST_P(Conformance, ConcurrentCallsAndAssignsLoseNothing) {
  auto f = function([](Tensor x, int n) { return x * static_cast<float>(n); });
  test::in_threads(20, [&](int i) { EXPECT_EQ(f(2.0f, i).item<float>(), 2.0f * static_cast<float>(i)); });
  Variable v(Tensor(0.0f), "v");
  auto add = function([&](Tensor x) { v.assign_add(x); });
  test::in_threads(100, [&](int i) { add(i % 2 ? 1.0f : -1.0f); });
  EXPECT_EQ(v.value().item<float>(), 0.0f);
}

TEST_P(Conformance, FailuresAreNotSticky) {
  auto f = function([](Tensor i) {
    check(i == 0, "i must be 0");
    return i;
  });
  EXPECT_NO_THROW(f(0));
  EXPECT_EQ(error_of([&] { f(1); }).code(), ErrorCode::check);
  EXPECT_NO_THROW(f(0));
  int throws = 2;
  auto g = function([&](Tensor x) {
    if (throws-- > 0)
      throw std::runtime_error("not yet");
    return x + 1.0f;
  });
  EXPECT_THROW(g(1.0f), std::runtime_error);
  EXPECT_THROW(g(1.0f), std::runtime_error);
  EXPECT_EQ(g(1.0f).item<float>(), 2.0f);
  expect_traces(g, 1);
}

TEST_P(Conformance, RecursionEndsByValues) {
  std::optional<Function<Tensor(Tensor, int)>> product;
  product = function([&](Tensor x, int n) { return n == 1 ? x * 1.0f : (*product)(x, n - 1) * static_cast<float>(n); });
  EXPECT_EQ((*product)(1.0f, 5).item<float>(), 120.0f);
  std::function<Tensor(Tensor, int)> odd_call;
  auto even = function([&](Tensor x, int n) { return n == 0 ? x * 1.0f : odd_call(x, n - 1); });
  auto odd = function([&](Tensor x, int n) { return n == 0 ? x * 2.0f : even(x, n - 1); });
  odd_call = [&](Tensor x, int n) { return odd(x, n); };
  EXPECT_EQ(even(1.0f, 4).item<float>(), 1.0f);
  EXPECT_EQ(even(1.0f, 3).item<float>(), 2.0f);
  EXPECT_EQ(odd(1.0f, 4).item<float>(), 2.0f);
  EXPECT_EQ(odd(1.0f, 3).item<float>(), 1.0f);
}

TEST_P(Conformance, StaticValuesGoByType) {
  auto f = function([](Tensor x, auto n) { return x + static_cast<float>(n); });
  for (int repeat = 0; repeat < 2; ++repeat) {
    f(ramp({2}), 1);
    f(ramp({2}), true);
    f(ramp({2}), 1.0);
  }
  expect_traces(f, 3);
}

TEST_P(Conformance, KnownShapesPassWhereTracingIsForbidden) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "f"});
  f(ramp({2}));
  const NoTracing forbidden;
  EXPECT_NO_THROW(f(ramp({2})));
  if (traced())
    EXPECT_NE(error_of([&] { f(ramp({3})); }).summary().find("f: must not be traced"), std::string::npos);
}

TEST_P(Conformance, ResultsAreBuffersOfTheirOwn) {
  auto same = function([](Tensor x) { return x; });
  const Tensor x = ramp({100});
  EXPECT_TRUE(same_bits(same(x), x));
  auto nan = function([](Tensor y) { return 1.0f + y * 0.0f; });
  EXPECT_TRUE(std::isnan(nan(std::nanf("")).item<float>()));
  EXPECT_TRUE(std::isnan(nan(INFINITY).item<float>()));
}

TEST_P(Conformance, ClosuresAreFreedWithTheirWrapper) {
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> watched = held;
  {
    auto f = function([held](Tensor x) { return x + static_cast<float>(*held); });
    f(1.0f);
    held.reset();
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

TEST_P(Conformance, CapturesByValueSurviveAndThoseByReferenceAreReadAtTheTrace) {
  std::optional<Function<Tensor(Tensor)>> f;
  {
    const float local = 3.0f;
    const Tensor tensor = ramp({2});
    f = function([local, tensor](Tensor x) { return x * local + tensor; });
  }
  EXPECT_TRUE(same_bits((*f)(ramp({2})), ramp({2}) * 3.0f + ramp({2})));
  float factor = 2.0f;
  const auto body = [&](Tensor x) { return x * factor; };
  auto g = function(body);
  EXPECT_EQ(g(1.0f).item<float>(), 2.0f);
  factor = 3.0f;
  EXPECT_EQ(g(1.0f).item<float>(), traced() ? 2.0f : 3.0f);
  EXPECT_EQ(function(body)(1.0f).item<float>(), 3.0f);
}

TEST_P(Conformance, ConstantsOfEveryKindCompile) {
  for (const float value : {std::nanf(""), -INFINITY, INFINITY, -0.0f, 1e-45f, 3.4e38f}) {
    auto f = function([value](Tensor x) { return x * 0.0f + value; });
    const float expected = 0.0f + value, got = f(1.0f).item<float>();
    EXPECT_TRUE(got == expected || (std::isnan(got) && std::isnan(expected))) << value;
  }
}

TEST_P(Conformance, ReductionsTracedAtOneSizeServeOthers) {
  auto f = function([](Tensor x) { return reduce_sum(exp(x), {0}) / reduce_max(x); }, {.shapes = Shapes::relax});
  for (const int64_t n : {1, 2, 3, 4, 1})
    EXPECT_TRUE(same_bits(f(ramp({n})), reduce_sum(exp(ramp({n})), {0}) / reduce_max(ramp({n}))));
}

TEST_P(Conformance, LargeGraphsCompile) {
  auto chain = function([](Tensor x) {
    for (int i = 0; i < 200; ++i)
      x = i % 3 ? tanh(x) : x * 1.5f;
    return x;
  });
  Tensor expected = ramp({5});
  for (int i = 0; i < 200; ++i)
    expected = i % 3 ? tanh(expected) : expected * 1.5f;
  EXPECT_TRUE(same_bits(chain(ramp({5})), expected));
  auto many = function([](const std::vector<Tensor> &x) {
    std::vector<Tensor> y;
    for (size_t i = 0; i < x.size(); ++i)
      y.push_back(x[i] + x[x.size() - 1 - i]);
    return y;
  });
  std::vector<Tensor> inputs;
  for (int i = 0; i < 64; ++i)
    inputs.push_back(ramp({3}) * static_cast<float>(i));
  const std::vector<Tensor> outputs = many(inputs);
  ASSERT_EQ(outputs.size(), 64u);
  for (size_t i = 0; i < 64; ++i)
    EXPECT_TRUE(same_bits(outputs[i], inputs[i] + inputs[63 - i]));
}

TEST_P(Conformance, FunctionsOutliveTheThreadThatTracedThem) {
  std::optional<Function<Tensor(Tensor)>> f;
  std::thread([&] {
    f = function([](Tensor x) { return x * 2.0f; });
    (*f)(ramp({2}));
  }).join();
  EXPECT_TRUE(same_bits((*f)(ramp({2})), ramp({2}) * 2.0f));
  expect_traces(*f, 1);
  std::thread([moved = std::move(*f)]() mutable { auto last = std::move(moved); }).join();
}

TEST_P(Conformance, DrawsDifferFromCallToCallAndRepeatWithTheSeed) {
  Generator generator(7);
  auto f = function([&] { return generator.uniform({4}); });
  const Tensor first = f(), second = f();
  EXPECT_FALSE(same_bits(first, second));
  generator.set_seed(7);
  EXPECT_TRUE(same_bits(f(), first));
  EXPECT_TRUE(same_bits(f(), second));
  expect_traces(f, 1);
}

} // namespace
} // namespace etch
