// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// C++ numbers that are given for tensors: they take the dtype that is declared for them, where one is.
#include "tests/tracer/bits.h"
#include "tests/tracer/traced_or_not.h"

#include <cmath>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

class GivenNumbers : public test::TracedOrNot {};
INSTANTIATE_TEST_SUITE_P(Both, GivenNumbers, testing::Bool(), test::TracedOrNot::name);

TEST_P(GivenNumbers, TakeTheDTypeOfTheSignature) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.input_signature = {spec<float>()}});
  EXPECT_EQ(f(3).item<float>(), 4.0f);
  EXPECT_EQ(f(int64_t{3}).item<float>(), 4.0f);
  EXPECT_EQ(f(0.1).item<float>(), 0.1f + 1.0f) << "rounded";
  EXPECT_TRUE(std::isnan(f(std::nan("")).item<float>()));
  expect_traces(f, 1);
  auto narrow =
      function([](Tensor x, Tensor y) { return std::pair(x, y); }, {.input_signature = {spec<int8_t>(), spec<bool>()}});
  EXPECT_EQ(narrow(-128, true).first.item<int8_t>(), -128);
  EXPECT_TRUE(narrow(5, true).second.item<bool>());
  expect_traces(narrow, 1);
}

TEST_P(GivenNumbers, TakeItBetweenTensors) {
  auto f = function([](Tensor a, Tensor x, Tensor b, Tensor y) { return a * x + b * y; },
                    {.input_signature = {spec<float>(), spec<float>({dyn}), spec<float>(), spec<float>({dyn})}});
  const Tensor x = ramp({3});
  EXPECT_TRUE(same_bits(f(2, x, 3.0f, x + 1.0f), 2.0f * x + 3.0f * (x + 1.0f)));
  EXPECT_TRUE(same_bits(f(2.0, x, 3, x), 2.0f * x + 3.0f * x));
  expect_traces(f, 1);
}

TEST_P(GivenNumbers, ThatWouldChangeAreErrors) {
  auto whole = function([](Tensor x) { return x; }, {.name = "f", .input_signature = {spec<int8_t>()}});
  const auto error = [&](auto number) { return error_of([&] { whole(number); }); };
  EXPECT_EQ(error(2.5).summary(), "f: argument 0 must be i8[] by the input signature, got 2.5");
  EXPECT_EQ(error(2.5).code(), ErrorCode::dtype);
  EXPECT_EQ(error(2.0f).summary(), "f: argument 0 must be i8[] by the input signature, got 2");
  EXPECT_EQ(error(300).summary(), "f: argument 0 must be i8[] by the input signature, got 300");
  EXPECT_EQ(error(true).summary(), "f: argument 0 must be i8[] by the input signature, got true");
  auto flag = function([](Tensor x) { return x; }, {.name = "f", .input_signature = {spec<bool>()}});
  EXPECT_EQ(error_of([&] { flag(1); }).summary(), "f: argument 0 must be bool[] by the input signature, got 1");
}

TEST_P(GivenNumbers, AreNoTensors) {
  auto f = function([](Tensor x) { return x; }, {.name = "f", .input_signature = {spec<float>()}});
  const Tensor whole = 3;
  EXPECT_EQ(error_of([&] { f(whole); }).summary(), "f: argument 0 must be f32[] by the input signature, got i32[]");
  EXPECT_EQ(error_of([&] { f(Tensor(3)); }).summary(), "f: argument 0 must be f32[] by the input signature, got i32[]");
  EXPECT_EQ(error_of([&] { f(Dyn<int>(3)); }).code(), ErrorCode::dtype);
  auto row = function([](Tensor x) { return x; }, {.name = "f", .input_signature = {spec<float>({dyn})}});
  const Error error = error_of([&] { row(3); });
  EXPECT_EQ(error.summary(), "f: argument 0 must be f32[?] by the input signature, got f32[]");
  EXPECT_EQ(error.code(), ErrorCode::shape);
}

TEST_P(GivenNumbers, KeepTheirTypeWhereNoneIsDeclared) {
  auto f = function([](Tensor x) { return x; });
  EXPECT_EQ(f(3).dtype(), DType::i32);
  EXPECT_EQ(f(3.0).dtype(), DType::f64);
  auto list = function([](const std::vector<Tensor> &xs) { return xs[0]; }, {.input_signature = {spec<float>()}});
  EXPECT_EQ(error_of([&] { list({Tensor(3)}); }).code(), ErrorCode::dtype);
}

TEST_P(GivenNumbers, TakeTheDTypeInFunctionsInside) {
  auto inner = function([](Tensor x) { return x * 2.0f; }, {.input_signature = {spec<float>()}});
  auto outer = function([&](Tensor x) { return x + inner(3) + inner(x.dim(0)); }, {.shapes = Shapes::rank});
  EXPECT_TRUE(same_bits(outer(ramp({4})), ramp({4}) + 6.0f + 8.0f));
  EXPECT_TRUE(same_bits(outer(ramp({5})), ramp({5}) + 6.0f + 10.0f));
  expect_traces(outer, 1);
}

TEST(ANumberForATensor, IsTakenWhereverArgumentsAre) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "f", .input_signature = {spec<float>()}});
  const auto concrete = f.concrete(3);
  EXPECT_TRUE(concrete == f.concrete(spec<float>()));
  EXPECT_EQ(f.trace(2.0).compile(), concrete);
  EXPECT_TRUE(f.explain(7).starts_with("f: the call runs the machine code of")) << f.explain(7);
  EXPECT_EQ(verify(f, 3), "");
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(ANumberForATensor, TakesTheDTypeOfAConcreteFunction) {
  auto f = function([](Tensor x, Tensor n) { return x + n; }, {.name = "f"});
  const auto concrete = f.concrete(spec<float>({2}), spec<float>());
  EXPECT_TRUE(same_bits(concrete(ramp({2}), 1), ramp({2}) + 1.0f));
  EXPECT_TRUE(same_bits(concrete(ramp({2}), 1.0), ramp({2}) + 1.0f));
  EXPECT_EQ(concrete.flops(ramp({2}), 1), 2);
  EXPECT_EQ(concrete.memory(ramp({2}), 1).results, 8);
  auto outer = function([&](Tensor x) { return concrete(x, 1); });
  EXPECT_TRUE(same_bits(outer(ramp({2})), ramp({2}) + 1.0f));
  EXPECT_EQ(error_of([&] { concrete(ramp({2}), true); }).summary(),
            "f: argument 1 must be f32[], as it was traced, got true");
  EXPECT_EQ(error_of([&] { concrete(ramp({2}), Tensor(1)); }).summary(),
            "f: argument 1 must be f32[], as it was traced, got i32[]");
}

} // namespace
} // namespace etch
