// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Traces that serve many shapes without being told which.
#include "tests/tracer/bits.h"

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

Tensor body(const Tensor &x) { return exp(x * 0.01f) + reduce_sum(x, {0}, true); }

TEST(RelaxedShapes, LeaveOpenWhatHasDiffered) {
  auto f = function([](Tensor x) { return body(x); }, {.shapes = Shapes::relax});
  const auto traces_after = [&](int64_t rows, int64_t columns) {
    EXPECT_TRUE(same_bits(f(ramp({rows, columns})), body(ramp({rows, columns})))) << rows << " " << columns;
    return f.trace_count();
  };
  EXPECT_EQ(traces_after(1, 2), 1);
  EXPECT_EQ(traces_after(1, 2), 1);
  EXPECT_EQ(traces_after(2, 2), 2) << "[?,2]";
  EXPECT_EQ(traces_after(3, 2), 2);
  EXPECT_EQ(traces_after(4, 2), 2);
  EXPECT_EQ(traces_after(2, 1), 3) << "[?,?]";
  EXPECT_EQ(traces_after(7, 5), 3);
  EXPECT_EQ(traces_after(1, 2), 3);
  EXPECT_EQ(traces_after(0, 2), 3);
  EXPECT_EQ(f.cached(), 1) << "each takes the place of the one before";
}

TEST(RelaxedShapes, KeepRanksDTypesAndValuesApart) {
  auto f = function([](Tensor x, int n) { return x * cast(constant({n}), x.dtype()); }, {.shapes = Shapes::relax});
  f(ramp({2}), 1);
  f(ramp({2, 2}), 1);
  f(constant({1, 2}), 1);
  f(ramp({2}), 2);
  EXPECT_EQ(f.trace_count(), 4);
  f(ramp({3}), 1);
  f(ramp({4}), 1);
  EXPECT_EQ(f.trace_count(), 5);
  f(constant({1, 2, 3}), 1);
  EXPECT_EQ(f.trace_count(), 6);
}

TEST(RelaxedShapes, TreatArgumentsTogether) {
  auto f = function([](Tensor x, Tensor y) { return matmul(x, y); }, {.shapes = Shapes::relax});
  for (const auto &[m, k, n] : {std::array<int64_t, 3>{2, 3, 4}, {5, 3, 4}, {5, 3, 7}, {2, 6, 4}, {1, 1, 1}, {8, 9, 2}})
    EXPECT_TRUE(same_bits(f(ramp({m, k}), ramp({k, n})), matmul(ramp({m, k}), ramp({k, n}))));
  EXPECT_EQ(f.trace_count(), 4);
  EXPECT_EQ(error_of([&] { f(ramp({2, 3}), ramp({4, 2})); }).summary(),
            error_of([&] { matmul(ramp({2, 3}), ramp({4, 2})); }).summary());
  EXPECT_NO_THROW(f(ramp({3, 3}), ramp({3, 3})));
}

TEST(OpenShapes, AreServedByOneTrace) {
  auto f = function([](Tensor x) { return body(x); }, {.shapes = Shapes::rank});
  for (const int64_t n : {0, 1, 2, 7, 4096})
    EXPECT_TRUE(same_bits(f(ramp({n})), body(ramp({n})))) << n;
  EXPECT_EQ(f.trace_count(), 1);
  f(ramp({2, 2}));
  EXPECT_EQ(f.trace_count(), 2) << "another rank";
}

TEST(OpenShapes, HaveATraceForEachNumberThatTheCallableAsksFor) {
  for (const Shapes shapes : {Shapes::relax, Shapes::rank, Shapes::bucket}) {
    auto f = function([](Tensor x) { return x * static_cast<float>(x.dim(0)); }, {.shapes = shapes});
    for (int repeat = 0; repeat < 3; ++repeat)
      for (const int64_t n : {3, 4, 5})
        EXPECT_TRUE(same_bits(f(ramp({n})), ramp({n}) * static_cast<float>(n)));
    EXPECT_EQ(f.trace_count(), shapes == Shapes::relax ? 4 : 3) << "the open one takes the place of the first";
  }
}

TEST(OpenShapes, FallBackThoughTheCallableCatchesTheError) {
  const auto body = [](Tensor x) {
    try {
      return x * static_cast<float>(x.dim(0));
    } catch (const Error &) {
      return x * -1.0f;
    }
  };
  for (const Shapes shapes : {Shapes::relax, Shapes::rank, Shapes::bucket}) {
    auto f = function(body, {.shapes = shapes});
    auto outer = function([&](Tensor x) { return f(x); });
    for (const int64_t n : {2, 3, 5}) {
      EXPECT_TRUE(same_bits(f(ramp({n})), body(ramp({n}))));
      EXPECT_TRUE(same_bits(outer(ramp({n})), body(ramp({n}))));
    }
  }
  auto declared = function(body, {.input_signature = {spec<float>({dyn})}});
  EXPECT_EQ(error_of([&] { declared(ramp({2})); }).summary(),
            "function: the callable must not ask for a dimension that the trace does not know");
}

TEST(OpenShapes, ArePolicyAfterAnErrorToo) {
  auto f = function([](Tensor x, Tensor y) { return x + y; }, {.shapes = Shapes::rank});
  EXPECT_EQ(error_of([&] { f(ramp({2}), ramp({3})); }).code(), ErrorCode::shape);
  for (const int64_t n : {2, 3, 4, 5})
    EXPECT_TRUE(same_bits(f(ramp({n}), ramp({n})), ramp({n}) + ramp({n})));
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(OpenShapes, FallBackWhereAShapeIsWrittenDown) {
  auto f = function([](Tensor x) { return reshape(x, {2, 3}); }, {.shapes = Shapes::rank});
  EXPECT_TRUE(same_bits(f(ramp({6})), reshape(ramp({6}), {2, 3})));
  EXPECT_EQ(error_of([&] { f(ramp({5})); }).summary(), error_of([] { reshape(ramp({5}), {2, 3}); }).summary());
  EXPECT_TRUE(same_bits(f(ramp({6}) + 1.0f), reshape(ramp({6}) + 1.0f, {2, 3})));
}

TEST(BucketedShapes, ShareATraceWithinABucket) {
  auto f = function([](Tensor x) { return body(x); }, {.shapes = Shapes::bucket, .buckets = {4, 16, 64}});
  const auto traces_after = [&](int64_t n) {
    EXPECT_TRUE(same_bits(f(ramp({n})), body(ramp({n})))) << n;
    return f.trace_count();
  };
  EXPECT_EQ(traces_after(0), 1);
  EXPECT_EQ(traces_after(3), 1);
  EXPECT_EQ(traces_after(4), 1);
  EXPECT_EQ(traces_after(5), 2);
  EXPECT_EQ(traces_after(16), 2);
  EXPECT_EQ(traces_after(64), 3);
  EXPECT_EQ(traces_after(65), 4);
  EXPECT_EQ(traces_after(1000), 4);
  auto powers = function([](Tensor x) { return x + 1.0f; }, {.shapes = Shapes::bucket});
  for (const int64_t n : {0, 1, 2, 3, 4, 5, 8, 9, 16})
    EXPECT_TRUE(same_bits(powers(ramp({n})), ramp({n}) + 1.0f));
  EXPECT_EQ(powers.trace_count(), 5) << "0 and 1, 2, 3 and 4, 5 to 8, 9 to 16";
}

TEST(ShapePolicy, IsCheckedWhenTheFunctionIsMade) {
  const auto made = [](Options options) {
    return error_of([&] { function([](Tensor x) { return x; }, options); }).summary();
  };
  EXPECT_EQ(made({.input_signature = {spec<float>({dyn})}, .shapes = Shapes::relax}),
            "function: Options::shapes must be exact beside an input_signature, which says what it leaves open");
  EXPECT_EQ(made({.buckets = {2}}), "function: Options::buckets are for Shapes::bucket alone");
  EXPECT_EQ(made({.shapes = Shapes::bucket, .buckets = {2, 2}}),
            "function: Options::buckets must be at least 0 and ascend, got 2 after 2");
  EXPECT_EQ(made({.shapes = Shapes::bucket, .buckets = {-1}}),
            "function: Options::buckets must be at least 0 and ascend, got -1");
}

TEST(ShapePolicy, HoldsInNestedFunctions) {
  auto inner = function([](Tensor x) { return body(x); }, {.shapes = Shapes::relax});
  auto outer = function([&](Tensor x) { return inner(x) + reduce_max(inner(concat({x, x}, 0))); });
  for (const int64_t n : {2, 3, 5})
    EXPECT_NO_THROW(outer(ramp({n, 1})));
  EXPECT_EQ(inner.trace_count(), 2);
  auto direct = [&](Tensor x) { return body(x) + reduce_max(body(concat({x, x}, 0))); };
  EXPECT_TRUE(same_bits(outer(ramp({1, 3})), direct(ramp({1, 3}))));
}

} // namespace
} // namespace etch
