// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions whose parameters are auto have what the others have.
#include "tests/tracer/bits.h"

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

const auto kScaled = [](Tensor x, auto n) { return x * static_cast<float>(n); };

TEST(GenericFunction, HasConcreteFunctions) {
  auto f = function(kScaled, {.name = "f", .arguments = {"x", "n"}});
  const auto open = f.concrete(spec<float>({dyn}), 3);
  EXPECT_EQ(open.to_string(), "f(x: f32[?], n = 3 (int)) -> f32[?]");
  for (const int64_t size : {0, 1, 5})
    EXPECT_TRUE(same_bits(open(ramp({size}), 3), ramp({size}) * 3.0f));
  EXPECT_EQ(f.trace_count(), 1);
  EXPECT_TRUE(open == f.concrete(spec<float>({dyn}), 3));
  EXPECT_EQ(f.trace_count(), 1);
  f.concrete(spec<float>({dyn}), 3.0f);
  EXPECT_EQ(f.trace_count(), 2) << "a float is no int";
  EXPECT_EQ(error_of([&] { open(ramp({2}), 4); }).summary(), "f: argument 'n' must be 3, as it was traced, got 4");
  EXPECT_EQ(open.flops(ramp({10}), 3), 10);
  EXPECT_EQ(open.memory(spec<float>({10}), 3).results, 40);
  EXPECT_TRUE(same_bits(open.run({{"x", ramp({2})}}, {"result"})[0], ramp({2}) * 3.0f));
  auto outer = function([&](Tensor x) { return open(x, 3) + f(x, 1.0f); });
  EXPECT_TRUE(same_bits(outer(ramp({4})), ramp({4}) * 3.0f + ramp({4})));
}

TEST(GenericFunction, HasTraces) {
  auto f = function(kScaled);
  const auto trace = f.trace(spec<float>({2}), 3);
  EXPECT_NE(trace.text().find("etch.mul"), std::string::npos) << trace.text();
  EXPECT_TRUE(same_bits(trace.compile()(ramp({2}), 3), ramp({2}) * 3.0f));
  EXPECT_EQ(f.trace_count(), 1);
  EXPECT_TRUE(f.explain(ramp({2}), 3).starts_with("function: the call runs the machine code of"));
  EXPECT_TRUE(f.explain(spec<float>({2}), 3).starts_with("function: the call fails: ")) << "a spec has no value";
}

TEST(GenericFunction, IsVerified) {
  float factor = 2.0f;
  auto f = function([&](Tensor x, auto n) { return x * factor * static_cast<float>(n); }, {.name = "f"});
  EXPECT_EQ(verify(f, ramp({3}), 2), "");
  factor = 3.0f;
  EXPECT_TRUE(verify(f, ramp({3}), 2).starts_with("f: mul at ")) << verify(f, ramp({3}), 2);
}

TEST(GenericFunction, KeepsItsCache) {
  auto f = function(kScaled, {.cache_entries = 2});
  for (int n = 0; n < 3; ++n)
    f(ramp({2}), n);
  EXPECT_EQ(f.cached(), 2);
  f.clear_cache();
  EXPECT_EQ(f.cached(), 0);
  f(ramp({2}), 0);
  EXPECT_EQ(f.trace_count(), 4);
  const auto copy = f;
  EXPECT_EQ(copy.cached(), 1);
}

TEST(GenericFunction, HasVariablesOfItsOwn) {
  const FunctionHandle *self = nullptr;
  auto f = function([&](Tensor x, auto n) {
    const Variable sum = self->local_variable("sum", [] { return zeros({}); });
    sum.assign_add(reduce_sum(x) * static_cast<float>(n));
    return sum.value();
  });
  self = &f;
  EXPECT_EQ(f(ones({3}), 1).item<float>(), 3.0f);
  EXPECT_EQ(f(ones({3}), 2.0f).item<float>(), 9.0f);
}

TEST(GenericFunction, KnowsTheLinesOfItsCalls) {
  auto f = function(kScaled, {.name = "f", .input_signature = {spec<float>({2})}});
  const Error misfit = error_of([&] { f(ramp({3}), 3); });
  EXPECT_EQ(misfit.summary(), "f: argument 0 must be f32[2] by the input signature, got f32[3]");
  EXPECT_EQ(misfit.location().line, __LINE__ - 2);
  EXPECT_STREQ(misfit.location().file, __FILE__);
  EXPECT_EQ(error_of([&] { f.concrete(ramp({3}), 3); }).location().line, __LINE__);
  EXPECT_EQ(error_of([&] { f.trace(ramp({3}), 3); }).location().line, __LINE__);
  EXPECT_EQ(error_of([&] { verify(f, ramp({3}), 3); }).location().line, __LINE__);
  const Location elsewhere{"elsewhere.cpp", "g", 7};
  EXPECT_EQ(error_of([&] { f(ramp({3}), 3, elsewhere); }).location().line, 7);
}

TEST(GenericFunction, TakesManyArguments) {
  auto sum = function([](auto... xs) { return (Tensor(0) + ... + xs); });
  EXPECT_EQ(sum().item<int32_t>(), 0);
  EXPECT_EQ(sum(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16).item<int32_t>(), 136);
}

} // namespace
} // namespace etch
