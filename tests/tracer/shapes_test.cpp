// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

TEST(InputSignature, ServesAllSizesWithOneTrace) {
  auto body = [](Tensor x) { return reduce_sum(exp(x * 0.01f) + x, {0}); };
  auto traced = function(body, {.input_signature = {spec<float>({dyn, 3})}});
  for (const int64_t size : {0, 1, 2, 7, 4096, 2}) {
    const Tensor x = ramp({size, 3});
    EXPECT_TRUE(same_bits(traced(x), body(x))) << size;
  }
  EXPECT_EQ(traced.trace_count(), 1);
  EXPECT_EQ(traced.stats().shape_fallbacks, 0);
}

TEST(InputSignature, FallsBackWhereSizesBreakAnAssumption) {
  auto body = [](Tensor x, Tensor y) { return x + y; };
  auto traced = function(body, {.input_signature = {spec<float>({dyn}), spec<float>({dyn})}});
  const auto check = [&](int64_t m, int64_t n) {
    EXPECT_TRUE(same_bits(traced(ramp({m}), ramp({n})), body(ramp({m}), ramp({n})))) << m << " " << n;
  };
  check(4, 4);
  check(0, 0);
  check(1, 1);
  EXPECT_EQ(traced.stats().shape_fallbacks, 0);
  check(4, 1); // broadcasts
  check(1, 4);
  check(4, 1);
  EXPECT_EQ(traced.stats().shape_fallbacks, 3);
  EXPECT_EQ(traced.trace_count(), 3);
  const Error eager = error_of([&] { body(ramp({4}), ramp({3})); });
  EXPECT_EQ(error_of([&] { traced(ramp({4}), ramp({3})); }).summary(), eager.summary());
  check(5, 5);
}

TEST(InputSignature, HasEagerErrorsOnTheFirstCallToo) {
  auto body = [](Tensor x) { return matmul(x, ramp({4, 5})); };
  auto traced = function(body, {.input_signature = {spec<float>({dyn, 3})}});
  const Error eager = error_of([&] { body(ramp({2, 3})); });
  EXPECT_EQ(error_of([&] { traced(ramp({2, 3})); }).summary(), eager.summary());
}

TEST(InputSignature, ReachesDerivedSizes) {
  auto body = [](Tensor x) {
    const Tensor flat = reshape(x, {-1});
    return concat({flat, flat}, 0) + reduce_mean(x);
  };
  auto traced = function(body, {.input_signature = {spec<float>({dyn, dyn})}});
  for (const int64_t size : {1, 2, 7})
    EXPECT_TRUE(same_bits(traced(ramp({size, 3})), body(ramp({size, 3})))) << size;
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(InputSignature, NamesFunctionArgumentAndBothSpecs) {
  auto traced = function([](Tensor images, std::vector<Tensor> rest) { return images; },
                         {.name = "step",
                          .arguments = {"images", "rest"},
                          .input_signature = {spec<float>({dyn, 128}), spec<int>({3})}});
  const Tensor good = ramp({2, 128}), three = constant({1, 2, 3});
  EXPECT_TRUE(same_bits(traced(good, {three}), good));
  const Error shape = error_of([&] { traced(ramp({3, 64}), {three}); });
  EXPECT_EQ(shape.summary(), "step: argument 'images' must be f32[?,128] by the input signature, got f32[3,64]");
  EXPECT_EQ(shape.code(), ErrorCode::shape);
  EXPECT_EQ(shape.location().line, __LINE__ - 3);
  const Error dtype = error_of([&] { traced(good, {ramp({3})}); });
  EXPECT_EQ(dtype.summary(), "step: argument 'rest'[0] must be i32[3] by the input signature, got f32[3]");
  EXPECT_EQ(dtype.code(), ErrorCode::dtype);
  EXPECT_EQ(error_of([&] { traced(good, {}); }).summary(), "step: the input signature declares 2 tensors, got 1");
  run_functions_eagerly(true);
  EXPECT_EQ(error_of([&] { traced(ramp({3, 64}), {three}); }).summary(), shape.summary());
  run_functions_eagerly(false);
}

TEST(InputSignature, MustFitTheParameters) {
  auto body = [](Tensor x, Tensor y) { return x + y; };
  EXPECT_EQ(error_of([&] { function(body, {.input_signature = {spec<float>()}}); }).summary(),
            "function: Options::input_signature must have a spec for every tensor, got 1 for 2 tensors");
  EXPECT_EQ(error_of([&] { function(body, {.arguments = {"x"}}); }).summary(),
            "function: Options::arguments must name every parameter, got 1 for 2 parameters");
  EXPECT_EQ(error_of([&] { function(body, {.input_signature = {spec<float>({-2}), spec<float>()}}); }).summary(),
            "function: a dimension of Options::input_signature must be etch::dyn or at least 0, got -2");
}

} // namespace
} // namespace etch
