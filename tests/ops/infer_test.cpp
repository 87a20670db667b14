// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/op_def.h"

#include <gtest/gtest.h>

#include <limits>

namespace etch::ops {
namespace {

constexpr Location kHere{"user.cpp", "step", 41};
const Dim n = Dim::symbol("n"), m = Dim::symbol("m");

TensorType f32(Dims dims) { return {DType::f32, std::move(dims)}; }
TensorType boolean(Dims dims) { return {DType::boolean, std::move(dims)}; }
TensorType u8(Dims dims) { return {DType::u8, std::move(dims)}; }
TensorType i32(Dims dims) { return {DType::i32, std::move(dims)}; }
using Axes = std::vector<int64_t>;

TensorType type_of(std::string_view op, std::vector<TensorType> types, Attrs attrs = {}) {
  InferContext context;
  return infer(*find_op(op), types, attrs, context, kHere).at(0);
}

// The error's whole text but for its place, "" if there is none.
std::string fault(std::string_view op, std::vector<TensorType> types, Attrs attrs = {}) {
  InferContext context;
  try {
    infer(*find_op(op), types, attrs, context, kHere);
  } catch (const Error &error) {
    EXPECT_EQ(error.location().line, 41) << error.summary();
    return error.summary() + (error.help().empty() ? "" : " | " + error.help());
  }
  return "";
}

TEST(Infer, BroadcastsShapes) {
  EXPECT_EQ(type_of("add", {f32({2, 1}), f32({3})}).text(), "f32[2,3]");
  EXPECT_EQ(type_of("add", {f32({}), f32({0, 3})}).text(), "f32[0,3]");
  EXPECT_EQ(type_of("add", {f32({n, 1}), f32({1, m})}).text(), "f32[n,m]");
  EXPECT_EQ(type_of("less", {f32({n}), f32({})}).text(), "bool[n]");
  EXPECT_EQ(type_of("where", {boolean({2}), f32({3, 1}), f32({})}).text(), "f32[3,2]");
  EXPECT_EQ(fault("add", {f32({2, 3}), f32({4})}), "add: shapes must broadcast, got a: f32[2,3] and b: f32[4]");
  EXPECT_EQ(fault("add", {f32({n}), f32({n + 1})}), "add: shapes must broadcast, got a: f32[?] and b: f32[?]");
}

TEST(Infer, GuardsWhatSymbolsLeaveOpen) {
  InferContext context;
  const std::vector<TensorType> types{f32({n, 4}), f32({m, 4})};
  EXPECT_EQ(infer(*find_op("add"), types, {}, context, kHere).at(0).text(), "f32[n,4]");
  ASSERT_EQ(context.equalities().size(), 1u);
  EXPECT_EQ(context.equalities()[0].a, n);
  EXPECT_EQ(context.equalities()[0].b, m);
  const std::vector<TensorType> with_known{f32({n}), f32({7})};
  EXPECT_EQ(infer(*find_op("add"), with_known, {}, context, kHere).at(0).text(), "f32[7]");
  InferContext lenient(false);
  infer(*find_op("add"), types, {}, lenient, kHere);
  EXPECT_TRUE(lenient.equalities().empty());
}

TEST(Infer, NamesTheRemedyForDTypes) {
  EXPECT_EQ(fault("exp", {i32({3})}), "exp: takes f16, bf16, f32 or f64, got i32[3] | cast(x, DType::f32)");
  EXPECT_EQ(fault("div", {i32({3}), i32({})}),
            "div: takes f16, bf16, f32 or f64, got a: i32[3] and b: i32[] | cast(a, DType::f32)");
  EXPECT_EQ(fault("reduce_mean", {i32({3})}, {Axes{}, false}),
            "reduce_mean: takes f16, bf16, f32 or f64, got i32[3] | cast(x, DType::f32)");
  EXPECT_EQ(fault("reduce_sum", {boolean({3})}, {Axes{}, false}),
            "reduce_sum: takes u8, i8, i16, i32, i64, f16, bf16, f32 or f64, got bool[3] | cast(x, DType::f32)");
  EXPECT_EQ(fault("add", {f32({2}), i32({2})}),
            "add: operands must have the same dtype, got a: f32[2] and b: i32[2] | cast(b, DType::f32)");
  EXPECT_EQ(fault("where", {f32({2}), f32({2}), f32({2})}),
            "where: takes bool, got condition: f32[2], a: f32[2] and b: f32[2]");
  EXPECT_EQ(fault("gather", {f32({2}), f32({2})}, {int64_t{0}, std::string("error")}),
            "gather: takes i16, i32 or i64, got params: f32[2] and indices: f32[2] | cast(indices, DType::i64)");
  EXPECT_EQ(fault("iota", {}, {Dim(3), DType::boolean}),
            "iota: dtype must be u8, i8, i16, i32, i64, f16, bf16, f32 or f64, got bool");
}

TEST(Infer, ContractsBySpec) {
  EXPECT_EQ(type_of("matmul", {f32({2, 3}), f32({3, 5})}).text(), "f32[2,5]");
  EXPECT_EQ(type_of("matmul", {f32({4, 1, 2, 3}), f32({n, 3, 5})}).text(), "f32[4,n,2,5]");
  EXPECT_EQ(type_of("matmul", {f32({2, 0}), f32({0, 5})}).text(), "f32[2,5]");
  EXPECT_EQ(fault("matmul", {f32({2, 3}), f32({4, 5})}), "matmul: inner dimensions must match, got a: f32[2,3] and b: "
                                                         "f32[4,5] (3 != 4)");
  EXPECT_EQ(fault("matmul", {f32({2, 3}), f32({5, 3})}), "matmul: inner dimensions must match, got a: f32[2,3] and b: "
                                                         "f32[5,3] (3 != 5) | transpose b if its rows are outputs");
  EXPECT_EQ(fault("matmul", {f32({3}), f32({3, 5})}),
            "matmul: a must have rank 2 or more, got a: f32[3] and b: f32[3,5]");
  EXPECT_EQ(fault("matmul", {f32({2, 2, 3}), f32({3, 3, 5})}),
            "matmul: leading dimensions must broadcast, got a: f32[2,2,3] and b: f32[3,3,5]");
}

TEST(Infer, ReducesAlongAxes) {
  EXPECT_EQ(type_of("reduce_sum", {f32({2, n, 4})}, {Axes{}, false}).text(), "f32[]");
  EXPECT_EQ(type_of("reduce_sum", {f32({2, n, 4})}, {Axes{-1, 0}, false}).text(), "f32[n]");
  EXPECT_EQ(type_of("reduce_max", {f32({2, n, 4})}, {Axes{1}, true}).text(), "f32[2,1,4]");
  EXPECT_EQ(type_of("argmax", {f32({2, n})}, {int64_t{-1}, false}).text(), "i64[2]");
  EXPECT_EQ(fault("reduce_sum", {f32({2, 3})}, {Axes{2}, false}),
            "reduce_sum: axis must be in [-2, 2) for f32[2,3], got 2");
  EXPECT_EQ(fault("reduce_sum", {f32({2, 3})}, {Axes{std::numeric_limits<int64_t>::min()}, false}),
            "reduce_sum: axis must be in [-2, 2) for f32[2,3], got -9223372036854775808");
  EXPECT_EQ(fault("reduce_sum", {f32({2, 3})}, {Axes{1, -1}, false}), "reduce_sum: axes must differ, got axis 1 twice");
  EXPECT_EQ(fault("argmax", {f32({2, 0})}, {int64_t{1}, false}),
            "argmax: the axis must have an element, got f32[2,0] and axis 1");
  EXPECT_EQ(fault("argmax", {f32({})}, {int64_t{0}, false}), "argmax: needs a dimension to work along, got f32[]");
}

TEST(Infer, MovesElements) {
  EXPECT_EQ(type_of("reshape", {f32({2, 6})}, {Dims{3, -1}}).text(), "f32[3,4]");
  EXPECT_EQ(type_of("reshape", {f32({n, 784})}, {Dims{-1, 28, 28}}).text(), "f32[n,28,28]");
  EXPECT_EQ(type_of("reshape", {f32({n})}, {Dims{-1, 2}}).text(), "f32[[n/2],2]");
  EXPECT_EQ(type_of("transpose", {f32({2, 3, n})}, {Axes{}}).text(), "f32[n,3,2]");
  EXPECT_EQ(type_of("slice", {f32({n, 3})}, {Dims{1, 0}, Dims{-1, 2}}).text(), "f32[n-1,2]");
  EXPECT_EQ(type_of("concat", {f32({n, 3}), f32({m, 3})}, {int64_t{0}}).text(), "f32[m+n,3]");
  EXPECT_EQ(fault("reshape", {f32({2, 6})}, {Dims{5, -1}}),
            "reshape: the number of elements must stay, got f32[2,6] and shape [5,-1]");
  EXPECT_EQ(fault("reshape", {f32({2, 6})}, {Dims{-1, -1}}), "reshape: only one dimension may be -1, got [-1,-1]");
  EXPECT_EQ(fault("reshape", {f32({0})}, {Dims{0, -1}}),
            "reshape: -1 has no meaning beside a dimension of 0, got [0,-1]");
  EXPECT_EQ(fault("reshape", {f32({2})}, {Dims{-2, -1}}), "reshape: dimensions must be 0 or more, got [-2]");
  EXPECT_EQ(fault("transpose", {f32({2, 3})}, {Axes{0, 0}}),
            "transpose: permutation must name every axis of f32[2,3] once, got [0,0]");
  EXPECT_EQ(fault("broadcast_to", {f32({2})}, {Dims{3}}),
            "broadcast_to: x must broadcast to the shape, got f32[2] and shape [3]");
  EXPECT_EQ(fault("slice", {f32({2, 3})}, {Dims{0, 2}, Dims{2, 2}}),
            "slice: the block must lie within f32[2,3], got begin [0,2] and size [2,2] (axis 1)");
  EXPECT_EQ(fault("slice", {f32({2})}, {Dims{}, Dims{1}}),
            "slice: begin and size must have one entry per dimension, got f32[2], begin [] and size [1]");
  EXPECT_EQ(fault("concat", {f32({2, 3}), f32({2, 4})}, {int64_t{0}}),
            "concat: tensors must agree but for axis 0, got xs[0]: f32[2,3] and xs[1]: f32[2,4]");
  EXPECT_EQ(fault("concat", {}, {int64_t{0}}), "concat: needs at least one tensor, got none");
}

TEST(Infer, ReadsCompositesOverTypes) {
  EXPECT_EQ(type_of("softmax", {f32({n, 10})}, {int64_t{-1}}).text(), "f32[n,10]");
  EXPECT_EQ(type_of("softmax_cross_entropy", {f32({n, 10}), i32({n})}).text(), "f32[n]");
  EXPECT_EQ(type_of("softmax_cross_entropy", {f32({n, 10}), f32({n, 10})}).text(), "f32[n]");
  EXPECT_EQ(type_of("one_hot", {i32({n})}, {Dim(10), DType::f32}).text(), "f32[n,10]");
  EXPECT_EQ(type_of("reduce_mean", {f32({n, m})}, {Axes{0}, false}).text(), "f32[m]");
  EXPECT_EQ(type_of("size", {f32({n, m})}, {Axes{}, DType::i64}).text(), "i64[]");
  const auto i64 = [](int64_t value) { return Scalar::of(DType::i64, value); };
  EXPECT_EQ(type_of("range", {}, {i64(10), i64(0), i64(-3), DType::i64}).text(), "i64[4]");
  EXPECT_EQ(fault("softmax", {f32({3})}, {int64_t{1}}), "softmax: axis must be in [-1, 1) for f32[3], got 1");
  EXPECT_EQ(
      fault("softmax_cross_entropy", {f32({2, 3}), f32({3, 2})}),
      "softmax_cross_entropy: labels must have the shape of the logits, got logits: f32[2,3] and labels: f32[3,2]");
  EXPECT_EQ(fault("range", {}, {i64(0), i64(5), i64(0), DType::i64}), "range: delta must not be 0, got 0");
  EXPECT_EQ(fault("one_hot", {i32({2})}, {Dim(-1), DType::f32}), "one_hot: dimensions must be 0 or more, got [-1]");
}

TEST(Infer, ChecksEffects) {
  InferContext context;
  const std::vector<TensorType> pair{f32({2, 3}), f32({2, 3})};
  EXPECT_TRUE(infer(*find_op("assign_add"), pair, {}, context, kHere).empty());
  EXPECT_EQ(fault("assign", {f32({2, 3}), f32({3})}),
            "assign: the value must have the Variable's shape, got variable: f32[2,3] and value: f32[3]");
  EXPECT_EQ(
      fault("assign", {f32({2}), i32({2})}),
      "assign: operands must have the same dtype, got variable: f32[2] and value: i32[2] | cast(value, DType::f32)");
  EXPECT_EQ(fault("print", {f32({2})}, {std::string("no place")}),
            "print: the format must have one {} per tensor, got 0 in \"no place\" and 1 tensor");
}

TEST(Infer, SurvivesAbsurdShapes) {
  const int64_t huge = std::numeric_limits<int64_t>::max();
  const Scalar one = Scalar::of(DType::f32, 1.0);
  EXPECT_EQ(fault("full", {}, {Dims{huge}, one}),
            "full: result must have fewer than 2^63 bytes, got f32[9223372036854775807]");
  EXPECT_EQ(fault("full", {}, {Dims{-1}, one}), "full: dimensions must be 0 or more, got [-1]");
  EXPECT_EQ(fault("full", {}, {Dims{huge, 0, huge}, one}),
            "full: result must have fewer than 2^63 bytes, got f32[9223372036854775807,0,9223372036854775807]");
  EXPECT_EQ(fault("full", {}, {Dims(33, Dim(1)), one}), "full: rank must be at most 32, got 33");
  EXPECT_EQ(type_of("full", {}, {Dims(32, Dim(1)), one}).rank(), 32);
  const int64_t half = int64_t{1} << 60;
  EXPECT_EQ(fault("add", {f32({half, 1}), f32({1, half})}),
            "add: result must have fewer than 2^63 bytes, got f32[1152921504606846976,1152921504606846976]");
  EXPECT_EQ(fault("concat", {u8({huge, 0}), u8({huge, 0})}, {int64_t{0}}),
            "concat: dimensions must fit in 63 bits, got 9223372036854775807 + 9223372036854775807");
  EXPECT_EQ(fault("reshape", {f32({4})}, {Dims{huge, huge}}),
            "reshape: dimensions must fit in 63 bits, got 9223372036854775807 * 9223372036854775807");
  const auto i64 = [](int64_t value) { return Scalar::of(DType::i64, value); };
  EXPECT_EQ(fault("range", {}, {i64(std::numeric_limits<int64_t>::min()), i64(huge), i64(1), DType::i64}),
            "range: must have fewer than 2^62 elements, got start -9223372036854775808, limit 9223372036854775807 and "
            "delta 1");
}

} // namespace
} // namespace etch::ops
