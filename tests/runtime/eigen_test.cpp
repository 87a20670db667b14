// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/runtime/error_text.h"

#include <etch/eigen.h>
#include <etch/ops.h>

#include <gtest/gtest.h>

namespace etch {
namespace {

TEST(Eigen, ReadsTensorsInPlace) {
  const Tensor t = constant({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
  const auto matrix = as_eigen<float>(t);
  EXPECT_EQ(matrix.data(), t.data<float>());
  EXPECT_EQ(matrix.rows(), 2);
  EXPECT_EQ(matrix(1, 2), 6.f);
  const Tensor v = constant({1.0, 2.0});
  EXPECT_EQ(as_eigen_vector<double>(v).sum(), 3.0);
  const Tensor empty = zeros({0, 4});
  EXPECT_EQ(as_eigen<float>(empty).cols(), 4);
}

TEST(Eigen, CopiesExpressionsRowByRow) {
  Eigen::MatrixXf matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  EXPECT_EQ(from_eigen(matrix).to_vector<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(from_eigen(matrix.transpose()).shape(), Shape({3, 2}));
  EXPECT_EQ(from_eigen(matrix * 2).to_vector<float>()[5], 12.f);
  const Eigen::VectorXd vector = Eigen::VectorXd::LinSpaced(4, 0, 3);
  EXPECT_EQ(from_eigen(vector).shape(), Shape({4}));
  EXPECT_EQ(from_eigen(vector.transpose()).shape(), Shape({4}));
}

TEST(Eigen, AgreesWithMatmul) {
  const Tensor a = reshape(range(0, 12, 1, DType::f64), {3, 4}), b = reshape(range(0, 8, 1, DType::f64), {4, 2});
  const Tensor product = matmul(a, b);
  EXPECT_TRUE((as_eigen<double>(a) * as_eigen<double>(b)).isApprox(as_eigen<double>(product)));
}

TEST(Eigen, ErrorsNameTheTensor) {
  const Tensor v = constant({1.f});
  EXPECT_EQ(error_text([&] { as_eigen<float>(v); }), "as_eigen: rank must be 2, got f32[1]");
  const Tensor m = zeros({2, 2});
  EXPECT_EQ(error_text([&] { as_eigen_vector<float>(m); }), "as_eigen_vector: rank must be 1, got f32[2,2]");
  EXPECT_EQ(error_code([&] { as_eigen<double>(m); }), ErrorCode::dtype);
}

} // namespace
} // namespace etch
