// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The vjp texts of linear algebra against central differences.
#include "tests/runtime/hook_call.h"
#include "tests/runtime/naive.h"

#include <etch/ops.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace etch {
namespace {

using Value = test::TensorValue;

Tensor run(const ops::OpDef &op, const std::vector<Tensor> &operands, const ops::Attrs &attrs) {
  Value::Context context;
  std::vector<Value> values;
  for (const Tensor &operand : operands)
    values.emplace_back(context, operand);
  return context.emit(op, values, attrs).tensor();
}

/// x with `step` added to one element.
Tensor moved(const Tensor &x, size_t element, double step) {
  std::vector<double> elements = x.to_vector<double>();
  elements[element] += step;
  return from_vector(elements, x.shape());
}

/// The gradients of a weighted sum of the results.
void expect_gradients(const char *name, const std::vector<Tensor> &operands, const ops::Attrs &attrs) {
  constexpr double kStep = 1e-6;
  std::mt19937 random(3);
  const ops::OpDef &op = *ops::find_op(name);
  const Tensor y = run(op, operands, attrs), weights = naive::random_tensor<double>(random, y.shape(), 1);
  Value::Context context;
  std::vector<Value> values;
  for (const Tensor &operand : operands)
    values.emplace_back(context, operand);
  const auto gradients = expansion::vjp<Value>(op, context, values, attrs, Value(context, y), Value(context, weights));
  const auto loss = [&](std::vector<Tensor> at, size_t operand, size_t element, double step) {
    at[operand] = moved(at[operand], element, step);
    return reduce_sum(run(op, at, attrs) * weights).item<double>();
  };
  for (size_t i = 0; i < operands.size(); ++i) {
    ASSERT_TRUE(gradients.at(i)) << name;
    ASSERT_EQ(gradients[i]->tensor().shape(), operands[i].shape()) << name;
    const std::vector<double> got = gradients[i]->tensor().to_vector<double>();
    for (size_t element = 0; element < got.size(); ++element) {
      const double expected = (loss(operands, i, element, kStep) - loss(operands, i, element, -kStep)) / (2 * kStep);
      EXPECT_NEAR(got[element], expected, 1e-6 * (1 + std::fabs(expected)))
          << name << " of " << operands[0].shape() << ", operand " << i << ", element " << element;
    }
  }
}

class LinearAlgebraVjp : public testing::Test {
protected:
  Tensor random(const Shape &shape) { return naive::random_tensor<double>(random_, shape, 2); }
  Tensor regular(const Shape &shape) { return random(shape) + 4.0 * eye(shape[shape.rank() - 1], -1, DType::f64); }
  std::mt19937 random_{11};
};

TEST_F(LinearAlgebraVjp, OfCholesky) {
  const Tensor x = random({2, 4, 4});
  expect_gradients("cholesky", {matmul(x, transpose(x, {0, 2, 1})) + eye(4, -1, DType::f64)}, {});
  expect_gradients("cholesky", {ones({1, 1}, DType::f64) * 2.0}, {});
}

TEST_F(LinearAlgebraVjp, OfSolutions) {
  for (const bool adjoint : {false, true}) {
    expect_gradients("solve", {regular({3, 3}), random({3, 2})}, {adjoint});
    expect_gradients("solve", {regular({2, 1, 3, 3}), random({3, 3, 2})}, {adjoint});
    for (const bool lower : {false, true})
      expect_gradients("triangular_solve", {regular({4, 4}), random({2, 4, 3})}, {lower, adjoint});
  }
  expect_gradients("inv", {regular({2, 4, 4})}, {});
  expect_gradients("det", {regular({2, 4, 4})}, {});
}

TEST_F(LinearAlgebraVjp, OfFactors) {
  for (const Shape &shape :
       {Shape({4, 4}), Shape({5, 3}), Shape({3, 5}), Shape({2, 3, 2}), Shape({1, 3}), Shape({3, 1})}) {
    expect_gradients("qr_factors", {random(shape)}, {false});
    expect_gradients("svd_factors", {random(shape)}, {false});
  }
  expect_gradients("qr_factors", {random({3, 5})}, {true});
  expect_gradients("svd_factors", {random({3, 3})}, {true});
  expect_gradients("eigh_factors", {random({2, 4, 4})}, {});
}

TEST_F(LinearAlgebraVjp, OfNorms) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const double order : {0.0, 1.0, 2.0, 3.0, 1.5, -1.0, inf, -inf})
    for (const bool kept : {false, true}) {
      expect_gradients("norm", {random({3, 4})}, {std::vector<int64_t>{1}, kept, ops::Scalar::of(DType::f64, order)});
      expect_gradients("norm", {random({3, 4})}, {std::vector<int64_t>{}, kept, ops::Scalar::of(DType::f64, order)});
    }
}

TEST_F(LinearAlgebraVjp, OfTheNormOfZerosIsZero) {
  Value::Context context;
  const ops::OpDef &op = *ops::find_op("norm");
  const Tensor x = zeros({3}, DType::f64);
  for (const double order : {1.0, 2.0, 3.0}) {
    const ops::Attrs attrs{std::vector<int64_t>{}, false, ops::Scalar::of(DType::f64, order)};
    const Value operand(context, x), y(context, run(op, {x}, attrs)), dy(context, ones({}, DType::f64));
    const auto gradients = expansion::vjp<Value>(op, context, {&operand, 1}, attrs, y, dy);
    EXPECT_EQ(gradients.at(0)->tensor().to_vector<double>(), std::vector<double>(3, 0.0)) << order;
  }
}

TEST_F(LinearAlgebraVjp, IsRefusedForColumnsThatAreNotUnique) {
  const ops::OpDef &op = *ops::find_op("qr_factors");
  const Tensor x = random({3, 2}), y = run(op, {x}, {true});
  Value::Context context;
  const Value operand(context, x), packed(context, y);
  EXPECT_THROW(expansion::vjp<Value>(op, context, {&operand, 1}, {true}, packed, packed), Error);
}

} // namespace
} // namespace etch
