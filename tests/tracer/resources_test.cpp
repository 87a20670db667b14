// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a concrete function tells of its cost before the first run.
#include "tests/tracer/bits.h"

#include <limits>

namespace etch {
namespace {

using test::error_of;
using test::ramp;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

template <class Body>
int64_t flops_of(Body body, const Tensor &x) {
  return function(body).concrete(x).flops();
}

TEST(Flops, CountsTheOperationsOfTexts) {
  EXPECT_EQ(flops_of([](Tensor x) { return x + 1.0f; }, ramp({3, 4})), 12);
  EXPECT_EQ(flops_of([](Tensor x) { return x * x - x; }, ramp({5})), 10);
  EXPECT_EQ(flops_of([](Tensor x) { return where(x > 0.0f, x, -x); }, ramp({7})), 3 * 7);
  EXPECT_EQ(flops_of([](Tensor x) { return x + ones({3, 1}); }, ramp({1, 4})), 12) << "of the result's elements";
  const int64_t exponential = flops_of([](Tensor x) { return exp(x); }, ramp({1}));
  EXPECT_GT(exponential, 10);
  EXPECT_LT(exponential, 60);
  EXPECT_EQ(flops_of([](Tensor x) { return exp(x); }, ramp({10})), 10 * exponential);
}

TEST(Flops, CountsProductsAndReductions) {
  EXPECT_EQ(flops_of([](Tensor x) { return matmul(x, ones({4, 5})); }, ramp({3, 4})), 2 * 3 * 4 * 5);
  EXPECT_EQ(flops_of([](Tensor x) { return matmul(x, ones({4, 5})); }, ramp({6, 3, 4})), 2 * 6 * 3 * 4 * 5);
  EXPECT_EQ(flops_of([](Tensor x) { return reduce_sum(x); }, ramp({3, 4})), 12);
  EXPECT_EQ(flops_of([](Tensor x) { return reduce_max(x, {1}); }, ramp({3, 4})), 12);
  EXPECT_EQ(flops_of([](Tensor x) { return conv2d(x, ones({3, 3, 2, 5})); }, ramp({1, 8, 8, 2})),
            2 * (6 * 6 * 5) * (3 * 3 * 2));
  EXPECT_EQ(flops_of([](Tensor x) { return max_pool(x, {2, 2}); }, ramp({1, 8, 8, 2})), 8 * 8 * 2);
  EXPECT_EQ(flops_of([](Tensor x) { return cumsum(x); }, ramp({9})), 9);
}

TEST(Flops, AreNoneForWhatMoves) {
  EXPECT_EQ(flops_of([](Tensor x) { return transpose(reshape(x, {4, 3})); }, ramp({3, 4})), 0);
  EXPECT_EQ(flops_of([](Tensor x) { return concat({x, cast(x > x, DType::f32)}, 0); }, ramp({4})), 4);
  EXPECT_EQ(flops_of([](Tensor x) { return argsort(x); }, ramp({4})), 0) << "unknown";
  EXPECT_EQ(flops_of([](Tensor x) { return x; }, ramp({4})), 0);
  EXPECT_EQ(flops_of([](Tensor x) { return x + x; }, ramp({0, 4})), 0);
}

TEST(Flops, OfCompositesAreThoseOfTheirExpansion) {
  const int64_t exponential = flops_of([](Tensor x) { return exp(x); }, ramp({1}));
  EXPECT_EQ(flops_of([](Tensor x) { return softmax(x); }, ramp({2, 8})), 16 * (4 + exponential))
      << "a maximum, a difference, an exponential, a sum and a quotient";
  EXPECT_EQ(flops_of([](Tensor x) { return reduce_mean(x); }, ramp({8})), 8 + 1);
}

TEST(Flops, OfHalfPrecisionAreTheSame) {
  const auto body = [](Tensor x) { return reduce_sum(x * x); };
  EXPECT_EQ(flops_of(body, cast(ramp({6}), DType::bf16)), flops_of(body, ramp({6})));
}

TEST(Flops, CountUpdatesOfVariables) {
  Variable v(ramp({5}), "v");
  auto f = function([&](Tensor x) { v.assign_add(x * x); });
  EXPECT_EQ(f.concrete(ramp({5})).flops(), 10);
  EXPECT_EQ(v.value().to_vector<float>(), ramp({5}).to_vector<float>()) << "nothing has run";
}

TEST(Flops, OfFunctionsInFunctionsAreAllCounted) {
  auto inner = function([](Tensor x) { return x * x; }, {.no_inline = true});
  EXPECT_EQ(flops_of([&](Tensor x) { return inner(inner(x)) + x; }, ramp({5})), 15);
}

TEST(Flops, TakeExtentsFromArguments) {
  auto f = function([](Tensor x, Tensor w) { return matmul(x, w) + 1.0f; }, {.name = "f", .arguments = {"x", "w"}});
  const auto open = f.concrete(spec<float>({dyn, 4}), spec<float>({4, dyn}));
  EXPECT_EQ(open.flops(ramp({3, 4}), ramp({4, 5})), 2 * 3 * 4 * 5 + 15);
  EXPECT_EQ(open.flops(spec<float>({7, 4}), spec<float>({4, 5})), 2 * 7 * 4 * 5 + 35);
  EXPECT_EQ(open.flops(spec<float>({0, 4}), spec<float>({4, 5})), 0);
  const Error error = error_of([&] { open.flops(); });
  EXPECT_EQ(error.code(), ErrorCode::shape);
  EXPECT_EQ(error.summary(), "f: flops must know every extent, got argument 'x': f32[?,4]");
  EXPECT_EQ(error.help(), "give flops the arguments, or specs of known extents");
  EXPECT_EQ(error_of([&] { open.flops(ramp({3, 4}), spec<float>({4, dyn})); }).summary(),
            "f: flops must know every extent, got argument 'w': f32[4,?]");
  EXPECT_EQ(error_of([&] { open.flops(ramp({3, 5}), ramp({4, 5})); }).summary(),
            "f: argument 'x' must be f32[?,4], as it was traced, got f32[3,5]");
}

TEST(Flops, AreRefusedForShapesThatDoNotFit) {
  auto f = function([](Tensor x, Tensor y) { return x + y; }, {.name = "f"});
  const auto open = f.concrete(spec<float>({dyn}), spec<float>({dyn}));
  EXPECT_EQ(open.flops(ramp({3}), ramp({3})), 3);
  EXPECT_EQ(error_of([&] { open.flops(ramp({3}), ramp({4})); }).summary(),
            "f: flops must be asked for shapes that the operations allow, got f32[3], f32[4]");
}

TEST(Flops, SaturateBeyondSixtyThreeBits) {
  auto f = function([](Tensor x, Tensor w) { return matmul(x, w); });
  const int64_t n = int64_t{1} << 22;
  EXPECT_EQ(f.concrete(spec<float>({n, n}), spec<float>({n, n})).flops(), kMost);
  const auto open = f.concrete(spec<float>({dyn, dyn}), spec<float>({dyn, dyn}));
  EXPECT_EQ(open.flops(spec<float>({n, n}), spec<float>({n, n})), kMost);
  EXPECT_EQ(open.flops(spec<float>({2, 3}), spec<float>({3, 4})), 48);
  EXPECT_EQ(f.concrete(spec<float>({n, n}), spec<float>({n, n})).memory().arguments, 2 * n * n * 4);
}

TEST(Memory, IsTakenApart) {
  Variable read(ramp({7}), "read"), written(ramp({5}), "written");
  const Tensor table = ramp({100});
  auto f = function([&](Tensor x, Tensor unused) {
    written.assign_add(x);
    const Tensor y = reduce_sum(table) * x;
    return std::tuple(y, y, cast(read, DType::f64));
  });
  const auto concrete = f.concrete(spec<float>({5}), spec<int64_t>({3}));
  const MemoryUse use = concrete.memory();
  EXPECT_EQ(use.arguments, 5 * 4 + 3 * 8);
  EXPECT_EQ(use.results, 5 * 4 + 7 * 8) << "what is returned twice is there once";
  EXPECT_EQ(use.captures, 100 * 4);
  EXPECT_EQ(use.variables, 7 * 4 + 2 * 5 * 4) << "the new value of what is written, too";
  EXPECT_GT(use.code, 0);
  EXPECT_EQ(use.code, f.stats().code_bytes);
  EXPECT_EQ(written.value().to_vector<float>(), ramp({5}).to_vector<float>()) << "nothing has run";
}

TEST(Memory, HoldsWhatLiesInBetween) {
  const auto body = [](Tensor x) { return matmul(matmul(x, x), x); };
  EXPECT_EQ(function(body).concrete(spec<float>({16, 16})).memory().temporaries, 16 * 16 * 4);
  const auto open = function(body).concrete(spec<float>({dyn, dyn}));
  EXPECT_EQ(open.memory(spec<float>({16, 16})).temporaries, 16 * 16 * 4);
  EXPECT_EQ(open.memory(ramp({5, 5})).temporaries, 128) << "whole lines of 64 bytes";
  EXPECT_EQ(open.memory(ramp({0, 0})).temporaries, 0);
  EXPECT_EQ(error_of([&] { open.memory(); }).summary(),
            "function: memory must know every extent, got argument 0: f32[?,?]");
  auto outer = function([&](Tensor x) { return x + 1.0f; });
  EXPECT_EQ(outer.concrete(spec<float>({16})).memory().temporaries, 0);
}

TEST(Memory, CountsFunctionsThatAreCalled) {
  auto inner = function([](Tensor x) { return matmul(matmul(x, x), x); }, {.no_inline = true});
  auto outer = function([&](Tensor x) { return inner(inner(x)); });
  const auto concrete = outer.concrete(spec<float>({dyn, dyn}));
  const int64_t one = 16 * 16 * 4;
  EXPECT_EQ(concrete.memory(spec<float>({16, 16})).temporaries, 2 * one) << "what is between the calls, and theirs";
  EXPECT_EQ(concrete.memory(spec<float>({16, 16})).code, outer.stats().code_bytes + inner.stats().code_bytes);
}

} // namespace
} // namespace etch
