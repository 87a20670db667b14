// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/runtime/error_text.h"
#include "tests/runtime/naive.h"
#include "tests/tracer/bits.h"

#include <etch/environment.h>
#include <etch/etch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace etch {
namespace {

using Tensors = std::vector<Tensor>;
using Body = std::function<Tensors(const Tensors &)>;

constexpr double kInf = std::numeric_limits<double>::infinity(), kNaN = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::vector<int64_t>> kBatches{{}, {3}, {2, 2}, {0}};

Tensor wide(const Tensor &x) { return cast(x, DType::f64); }
Tensor swap_last(const Tensor &x) {
  std::vector<int64_t> permutation;
  for (int axis = 0; axis < x.rank(); ++axis)
    permutation.push_back(axis);
  std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return transpose(x, permutation);
}
double epsilon(const Tensor &x) {
  return x.dtype() == DType::f32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
}
/// The largest difference of two elements.
double distance(const Tensor &a, const Tensor &b) {
  EXPECT_EQ(a.shape(), b.shape());
  return a.size() == 0 ? 0 : reduce_max(abs(wide(a) - wide(b))).item<double>();
}
bool is_all_nan(const Tensor &x) { return reduce_all(is_nan(x)).item<bool>(); }

/// Matrices with elements in [-1, 1].
Tensor random_matrices(std::mt19937 &random, std::vector<int64_t> dims, int64_t m, int64_t n, DType dtype) {
  dims.insert(dims.end(), {m, n});
  return cast(naive::random_tensor<double>(random, Shape(dims), 1), dtype);
}
/// Symmetric ones whose eigenvalues are at least n.
Tensor random_definite(std::mt19937 &random, const std::vector<int64_t> &dims, int64_t n, DType dtype) {
  const Tensor x = random_matrices(random, dims, n, n, DType::f64);
  return cast(matmul(x, swap_last(x)) + static_cast<double>(n) * eye(n, -1, DType::f64), dtype);
}
/// Ones that are well conditioned and not symmetric.
Tensor random_regular(std::mt19937 &random, const std::vector<int64_t> &dims, int64_t n, DType dtype) {
  const Tensor x = random_matrices(random, dims, n, n, DType::f64);
  return cast(x + 2.0 * std::sqrt(static_cast<double>(n)) * eye(n, -1, DType::f64), dtype);
}

/// Eager or compiled, for these extents or for any, on one thread or two: the same bits.
void expect_same_everywhere(const Body &body, const Tensors &arguments) {
  Options open;
  for (const Tensor &argument : arguments)
    open.input_signature.push_back({argument.dtype(), std::vector<int64_t>(static_cast<size_t>(argument.rank()), dyn)});
  const auto exact = function(body), unknown = function(body, open);
  const int before = thread_count();
  const Tensors expected = body(arguments);
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    for (const Tensors &got : {body(arguments), exact(arguments), unknown(arguments)})
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_TRUE(test::same_bits(expected[i], got.at(i))) << arguments[0].shape() << " result " << i;
  }
  set_thread_count(before);
}

/// The same error everywhere, and the next call works.
void expect_error(const Body &body, const Tensors &bad, const Tensors &good, const std::string &text) {
  EXPECT_EQ(error_text([&] { body(bad); }), text);
  const auto exact = function(body);
  EXPECT_EQ(error_text([&] { exact(bad); }), text);
  Options open;
  for (const Tensor &argument : bad)
    open.input_signature.push_back({argument.dtype(), std::vector<int64_t>(static_cast<size_t>(argument.rank()), dyn)});
  const auto unknown = function(body, open);
  EXPECT_EQ(error_text([&] { unknown(bad); }), text);
  if (good.empty())
    return;
  const Tensors expected = body(good);
  EXPECT_TRUE(test::same_bits(expected[0], exact(good)[0]));
  EXPECT_TRUE(test::same_bits(expected[0], unknown(good)[0]));
}

class LinearAlgebra : public testing::TestWithParam<DType> {
protected:
  std::mt19937 random_{7};
};

const std::vector<int64_t> kSizes{0, 1, 2, 3, 7, 16, 33, 64};

TEST_P(LinearAlgebra, CholeskyGivesTheLowerFactor) {
  for (const auto &batch : kBatches)
    for (const int64_t n : kSizes) {
      const Tensor x = random_definite(random_, batch, n, GetParam()), l = cholesky(x);
      EXPECT_LE(distance(matmul(wide(l), swap_last(wide(l))), x), 4 * static_cast<double>(n * n) * epsilon(x)) << n;
      const Tensor row = reshape(range(0, n), {n, 1}), column = range(0, n);
      EXPECT_TRUE(reduce_all((row >= column) | (l == 0.0)).item<bool>());
      EXPECT_TRUE(test::same_bits(l, cholesky(where(row >= column, x, kNaN))));
      if (batch.size() < 2)
        expect_same_everywhere([](const Tensors &xs) { return Tensors{cholesky(xs[0])}; }, {x});
    }
}

TEST_P(LinearAlgebra, SolveInvertsMatmul) {
  for (const auto &batch : kBatches)
    for (const int64_t n : kSizes)
      for (const bool adjoint : {false, true}) {
        const Tensor a = random_regular(random_, batch, n, GetParam()),
                     b = random_matrices(random_, batch, n, 3, GetParam());
        const Tensor x = solve(a, b, adjoint), used = adjoint ? swap_last(wide(a)) : wide(a);
        EXPECT_LE(distance(matmul(used, wide(x)), b), 8 * static_cast<double>(n) * epsilon(a)) << n;
        if (batch.size() < 2)
          expect_same_everywhere([=](const Tensors &xs) { return Tensors{solve(xs[0], xs[1], adjoint)}; }, {a, b});
      }
}

TEST_P(LinearAlgebra, TriangularSolveReadsOneTriangle) {
  for (const int64_t n : kSizes)
    for (const bool lower : {false, true})
      for (const bool adjoint : {false, true}) {
        const Tensor full = random_regular(random_, {2}, n, GetParam()),
                     b = random_matrices(random_, {2}, n, 5, GetParam());
        const Tensor row = reshape(range(0, n), {n, 1}), column = range(0, n);
        const Tensor is_read = lower ? row >= column : row <= column;
        const Tensor x = triangular_solve(where(is_read, full, kNaN), b, lower, adjoint),
                     a = where(is_read, wide(full), 0.0);
        EXPECT_LE(distance(matmul(adjoint ? swap_last(a) : a, wide(x)), b), 8 * static_cast<double>(n) * epsilon(b))
            << n;
        expect_same_everywhere(
            [=](const Tensors &xs) { return Tensors{triangular_solve(xs[0], xs[1], lower, adjoint)}; }, {full, b});
      }
}

TEST_P(LinearAlgebra, LeadingDimensionsBroadcast) {
  const Tensor a = random_regular(random_, {2, 1}, 4, GetParam()), b = random_matrices(random_, {3}, 4, 2, GetParam());
  const Tensor all_a = broadcast_to(a, {2, 3, 4, 4}), all_b = broadcast_to(b, {2, 3, 4, 2});
  EXPECT_TRUE(test::same_bits(solve(a, b), solve(all_a, all_b)));
  EXPECT_TRUE(test::same_bits(triangular_solve(a, b), triangular_solve(all_a, all_b)));
  const Tensor one = reshape(slice(a, {1, 0, 0, 0}, {1, 1, 4, 4}), {4, 4});
  EXPECT_TRUE(test::same_bits(solve(one, b), solve(broadcast_to(one, {3, 4, 4}), b)));
}

TEST_P(LinearAlgebra, InvIsTheInverse) {
  for (const auto &batch : kBatches)
    for (const int64_t n : kSizes) {
      const Tensor x = random_regular(random_, batch, n, GetParam()), y = inv(x);
      const Tensor unit = broadcast_to(eye(n, -1, DType::f64), x.shape());
      EXPECT_LE(distance(matmul(wide(x), wide(y)), unit), 16 * static_cast<double>(n) * epsilon(x)) << n;
      expect_same_everywhere([](const Tensors &xs) { return Tensors{inv(xs[0])}; }, {x});
    }
}

double naive_det(std::vector<double> a, size_t n) {
  double product = 1;
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i)
      if (std::fabs(a[i * n + k]) > std::fabs(a[pivot * n + k]))
        pivot = i;
    if (pivot != k)
      for (size_t j = 0; j < n; ++j)
        std::swap(a[k * n + j], a[pivot * n + j]);
    product *= (pivot != k ? -1 : 1) * a[k * n + k];
    for (size_t i = k + 1; i < n; ++i)
      for (size_t j = k + 1; j < n; ++j)
        a[i * n + j] -= a[i * n + k] / a[k * n + k] * a[k * n + j];
  }
  return product;
}

TEST_P(LinearAlgebra, DetIsTheProductOfPivots) {
  for (const int64_t n : kSizes) {
    const Tensor x = random_matrices(random_, {}, n, n, GetParam());
    const double expected = naive_det(wide(x).to_vector<double>(), static_cast<size_t>(n));
    EXPECT_NEAR(wide(det(x)).item<double>(), expected, 8 * static_cast<double>(n) * epsilon(x) * std::fabs(expected))
        << n;
    const Tensor many = random_matrices(random_, {4}, n, n, GetParam());
    EXPECT_EQ(det(many).shape(), Shape({4}));
    expect_same_everywhere([](const Tensors &xs) { return Tensors{det(xs[0])}; }, {many});
  }
}

const std::vector<std::pair<int64_t, int64_t>> kRectangles{{0, 0}, {0, 3},   {3, 0},  {1, 1},  {2, 2},   {3, 7},
                                                           {7, 3}, {16, 16}, {33, 5}, {5, 33}, {33, 33}, {64, 64}};

double deviation_from_orthonormal(const Tensor &q) {
  return distance(matmul(swap_last(wide(q)), wide(q)),
                  broadcast_to(eye(q.dim(-1), -1, DType::f64), matmul(swap_last(wide(q)), wide(q)).shape()));
}

TEST_P(LinearAlgebra, QrFactorsEveryShape) {
  for (const auto &batch : kBatches)
    for (const auto &[m, n] : kRectangles)
      for (const bool full : {false, true}) {
        const Tensor x = random_matrices(random_, batch, m, n, GetParam());
        const auto [q, r] = qr(x, full);
        EXPECT_EQ(q.dim(-1), full ? m : std::min(m, n));
        const double bound = 8 * static_cast<double>(std::max(m, n)) * epsilon(x);
        EXPECT_LE(distance(matmul(wide(q), wide(r)), x), bound) << m << " " << n;
        EXPECT_LE(deviation_from_orthonormal(q), bound) << m << " " << n;
        const Tensor row = reshape(range(0, r.dim(-2)), {r.dim(-2), 1}), column = range(0, n);
        EXPECT_TRUE(reduce_all((row <= column) | (r == 0.0)).item<bool>());
        EXPECT_TRUE(reduce_all((row != column) | (r >= 0.0)).item<bool>());
        if (batch.size() < 2)
          expect_same_everywhere(
              [full](const Tensors &xs) {
                const auto [q, r] = qr(xs[0], full);
                return Tensors{q, r};
              },
              {x});
      }
}

TEST_P(LinearAlgebra, SvdFactorsEveryShape) {
  for (const auto &batch : kBatches)
    for (const auto &[m, n] : kRectangles)
      for (const bool full : {false, true}) {
        const Tensor x = random_matrices(random_, batch, m, n, GetParam());
        const auto [s, u, v] = svd(x, full);
        const int64_t k = std::min(m, n);
        EXPECT_EQ(s.dim(-1), k);
        EXPECT_EQ(u.dim(-1), full ? m : k);
        EXPECT_EQ(v.dim(-1), full ? n : k);
        const double bound = 16 * static_cast<double>(std::max(m, n)) * epsilon(x);
        const Tensor thin_u = split(wide(u), {k, -1}, -1)[0], thin_v = split(wide(v), {k, -1}, -1)[0];
        EXPECT_LE(distance(matmul(thin_u * expand_dims(wide(s), -2), swap_last(thin_v)), x), bound) << m << " " << n;
        EXPECT_LE(deviation_from_orthonormal(u), bound) << m << " " << n;
        EXPECT_LE(deviation_from_orthonormal(v), bound) << m << " " << n;
        EXPECT_TRUE(test::same_bits(s, sort(s, -1, true)));
        if (batch.size() < 2)
          expect_same_everywhere(
              [full](const Tensors &xs) {
                const auto [s, u, v] = svd(xs[0], full);
                return Tensors{s, u, v};
              },
              {x});
      }
}

TEST_P(LinearAlgebra, EighReadsTheLowerTriangle) {
  for (const auto &batch : kBatches)
    for (const int64_t n : kSizes) {
      const Tensor half = random_matrices(random_, batch, n, n, GetParam());
      const Tensor row = reshape(range(0, n), {n, 1}), column = range(0, n);
      const Tensor x = where(row >= column, half, swap_last(half));
      const auto [e, v] = eigh(where(row >= column, half, kNaN));
      const double bound = 16 * static_cast<double>(n) * epsilon(x);
      EXPECT_LE(distance(matmul(wide(v) * expand_dims(wide(e), -2), swap_last(wide(v))), x), bound) << n;
      EXPECT_LE(deviation_from_orthonormal(v), bound) << n;
      EXPECT_TRUE(test::same_bits(e, sort(e, -1)));
      if (batch.size() < 2)
        expect_same_everywhere(
            [](const Tensors &xs) {
              const auto [e, v] = eigh(xs[0]);
              return Tensors{e, v};
            },
            {x});
    }
}

TEST_P(LinearAlgebra, ResultsDoNotDependOnTheBatch) {
  const Tensor x = random_regular(random_, {5}, 40, GetParam()), last = unstack(x)[4];
  const auto last_of = [](const Tensor &y) { return unstack(y)[4]; };
  EXPECT_TRUE(test::same_bits(last_of(solve(x, x)), solve(last, last)));
  const Tensor definite = matmul(x, swap_last(x));
  EXPECT_TRUE(test::same_bits(last_of(cholesky(definite)), cholesky(unstack(definite)[4])));
  EXPECT_TRUE(test::same_bits(last_of(inv(x)), inv(last)));
  EXPECT_TRUE(test::same_bits(last_of(det(x)), det(last)));
  EXPECT_TRUE(test::same_bits(last_of(svd(x).u), svd(last).u));
  EXPECT_TRUE(test::same_bits(last_of(eigh(x).v), eigh(last).v));
  EXPECT_TRUE(test::same_bits(last_of(qr(x).q), qr(last).q));
}

TEST_P(LinearAlgebra, NumbersOfEverySizeAreFactored) {
  const double largest = GetParam() == DType::f32 ? 3e38 : 1.7e308,
               smallest = GetParam() == DType::f32 ? 1e-45 : 5e-324;
  for (const double size : {largest / 64, std::sqrt(largest), 1.0, 1 / std::sqrt(largest), smallest * 1e9}) {
    const Tensor x = cast(random_matrices(random_, {}, 6, 4, DType::f64) * size, GetParam());
    const double bound = 64 * epsilon(x) * size;
    const auto [q, r] = qr(x);
    EXPECT_LE(distance(matmul(wide(q), wide(r)), x), std::max(bound, 64 * smallest)) << size;
    EXPECT_LE(deviation_from_orthonormal(q), 64 * epsilon(x)) << size;
    const auto [s, u, v] = svd(x);
    EXPECT_LE(distance(matmul(wide(u) * expand_dims(wide(s), -2), swap_last(wide(v))), x),
              std::max(bound, 64 * smallest))
        << size;
  }
}

TEST_P(LinearAlgebra, SvdKeepsVectorsOrthonormalBesideTinyColumns) {
  const Tensor sizes = pow(Tensor(10.0), range(0, -30, -0.5, DType::f64));
  const Tensor x = cast(random_matrices(random_, {}, 60, 60, DType::f64) * sizes, GetParam());
  const auto [s, u, v] = svd(x);
  EXPECT_LE(deviation_from_orthonormal(u), 1000 * epsilon(x));
  EXPECT_LE(deviation_from_orthonormal(v), 1000 * epsilon(x));
  EXPECT_LE(distance(matmul(wide(u) * wide(s), swap_last(wide(v))), x), 1000 * epsilon(x));
}

TEST_P(LinearAlgebra, NonFiniteMatricesTerminate) {
  for (const double bad : {kNaN, kInf, -kInf})
    for (const int64_t n : {1, 5, 40}) {
      const Tensor good = random_regular(random_, {}, n, GetParam());
      const Tensor x = stack({good, where(cast(eye(n), DType::boolean), bad, good), good});
      const Body all = [](const Tensors &xs) {
        const auto [q, r] = qr(xs[0]);
        const auto [s, u, v] = svd(xs[0]);
        const auto [e, w] = eigh(xs[0]);
        return Tensors{
            q, r, s, u, v, e, w, solve(xs[0], xs[0]), inv(xs[0]), det(xs[0]), triangular_solve(xs[0], xs[0])};
      };
      const Tensors results = all({x});
      for (size_t i = 0; i < results.size(); ++i) {
        if (i < 7) {
          EXPECT_TRUE(is_all_nan(unstack(results[i])[1])) << i;
        }
        EXPECT_FALSE(reduce_any(is_nan(unstack(results[i])[2])).item<bool>()) << i;
      }
      expect_same_everywhere(all, {x});
      EXPECT_EQ(error_text([&] { cholesky(x); }).substr(0, 44), "cholesky: matrix must be positive definite, ");
    }
}

INSTANTIATE_TEST_SUITE_P(DTypes, LinearAlgebra, testing::Values(DType::f32, DType::f64),
                         [](const auto &info) { return std::string(name_of(info.param)); });

TEST(LinearAlgebraErrors, MatricesWithoutAResultAreNamed) {
  const Tensor one = constant({{2.0, 0.0}, {0.0, 2.0}}), negative = constant({{1.0, 0.0}, {0.0, -1.0}}),
               singular = constant({{1.0, 2.0}, {2.0, 4.0}});
  const Tensor good = stack({one, one, one, one}), b = ones({2, 1}, DType::f64);
  expect_error([](const Tensors &xs) { return Tensors{cholesky(xs[0])}; }, {stack({one, one, one, negative})}, {good},
               "cholesky: matrix must be positive definite, got one that is not at position 3");
  expect_error([](const Tensors &xs) { return Tensors{cholesky(xs[0])}; },
               {stack({one, singular * 0.0, one, negative})}, {good},
               "cholesky: matrix must be positive definite, got one that is not at position 1");
  expect_error([](const Tensors &xs) { return Tensors{cholesky(xs[0])}; }, {constant({{1.0, 0.0}, {kNaN, 1.0}})}, {},
               "cholesky: matrix must be positive definite, got one that is not at position 0");
  expect_error([](const Tensors &xs) { return Tensors{solve(xs[0], xs[1])}; }, {singular, b}, {one, b},
               "solve: matrix must be invertible, got one that is not at position 0");
  expect_error([](const Tensors &xs) { return Tensors{inv(xs[0])}; }, {stack({one, one, singular, one})}, {good},
               "inv: matrix must be invertible, got one that is not at position 2");
  expect_error([](const Tensors &xs) { return Tensors{triangular_solve(xs[0], xs[1])}; },
               {constant({{1.0, 0.0}, {3.0, -0.0}}), b}, {one, b},
               "triangular_solve: matrix must be invertible, got one that is not at position 0");
  EXPECT_EQ(error_code([&] { inv(singular); }), ErrorCode::invalid_argument);
  EXPECT_EQ(det(singular).item<double>(), 0.0);
}

TEST(LinearAlgebraErrors, TheFirstFailureInProgramOrderIsReported) {
  const Tensor singular = zeros({2, 2});
  expect_error([](const Tensors &xs) { return Tensors{inv(xs[0]), cholesky(xs[0])}; }, {singular}, {eye(2)},
               "inv: matrix must be invertible, got one that is not at position 0");
  expect_error(
      [](const Tensors &xs) {
        cholesky(xs[0]); // nobody reads it, yet it fails
        return Tensors{xs[0] + 1.0f};
      },
      {singular}, {eye(2)}, "cholesky: matrix must be positive definite, got one that is not at position 0");
}

TEST(LinearAlgebraErrors, ShapesAreNamed) {
  const auto expect = [](const std::function<Tensor(const Tensor &, const Tensor &)> &call, const Tensor &a,
                         const Tensor &b, const std::string &text) {
    EXPECT_EQ(error_text([&] { call(a, b); }), text);
    const auto traced = function([&](Tensor x, Tensor y) { return call(x, y); });
    EXPECT_EQ(error_text([&] { traced(a, b); }), text);
  };
  const Tensor x = zeros({2, 3}), v = zeros({3});
  expect([](auto &a, auto &) { return cholesky(a); }, x, v, "cholesky: matrices must be square, got f32[2,3]");
  expect([](auto &a, auto &) { return inv(a); }, x, v, "inv: matrices must be square, got f32[2,3]");
  expect([](auto &a, auto &) { return det(a); }, v, v, "det: x must have rank 2 or more, got f32[3]");
  expect([](auto &a, auto &) { return eigh(a).e; }, x, v, "eigh: matrices must be square, got f32[2,3]");
  expect([](auto &a, auto &) { return qr(a).q; }, v, v, "qr: x must have rank 2 or more, got f32[3]");
  expect([](auto &a, auto &) { return svd(a).s; }, v, v, "svd: x must have rank 2 or more, got f32[3]");
  expect([](auto &a, auto &b) { return solve(a, b); }, x, x,
         "solve: a must be square, got a: f32[2,3] and b: f32[2,3]");
  expect([](auto &a, auto &b) { return solve(a, b); }, eye(3), v,
         "solve: b must have rank 2 or more, got a: f32[3,3] and b: f32[3]");
  expect([](auto &a, auto &b) { return solve(a, b); }, eye(3), x,
         "solve: a and b must have as many rows, got a: f32[3,3] and b: f32[2,3]");
  expect([](auto &a, auto &b) { return triangular_solve(a, b); }, zeros({2, 3, 3}), zeros({4, 3, 1}),
         "triangular_solve: leading dimensions must broadcast, got a: f32[2,3,3] and b: f32[4,3,1]");
  expect([](auto &a, auto &b) { return solve(a, b); }, eye(3), zeros({3, 1}, DType::f64),
         "solve: operands must have the same dtype, got a: f32[3,3] and b: f64[3,1]");
  EXPECT_EQ(error_text([&] { svd(zeros({2, 2}, DType::f16)); }), "svd: takes f32 or f64, got f16[2,2]");
  EXPECT_EQ(error_text([&] { inv(zeros({2, 2}, DType::i32)); }), "inv: takes f32 or f64, got i32[2,2]");
}

TEST(Norm, FollowsItsOrder) {
  std::mt19937 random(5);
  const std::vector<double> elements = naive::random_elements<double>(random, 60, 3);
  const Tensor x = from_vector(elements, Shape({3, 4, 5}));
  for (const double order : {1.0, 2.0, 3.0, 0.5, -1.0, 2.5}) {
    double sum = 0;
    for (const double element : elements)
      sum += std::pow(std::fabs(element), order);
    EXPECT_NEAR(norm(x, {}, false, order).item<double>(), std::pow(sum, 1 / order), 1e-13 * std::pow(sum, 1 / order))
        << order;
  }
  EXPECT_EQ(norm(x, {0, -1}, keep_dims, kInf).shape(), Shape({1, 4, 1}));
  EXPECT_EQ(norm(x, {}, false, kInf).item<double>(), reduce_max(abs(x)).item<double>());
  EXPECT_EQ(norm(x, {}, false, -kInf).item<double>(), reduce_min(abs(x)).item<double>());
  EXPECT_EQ(norm(x, {}, false, 0).item<double>(), 60);
  for (const double order : {0.0, 1.0, 2.0, 3.0, kInf, -kInf, -2.0})
    for (const DType dtype : {DType::f16, DType::bf16, DType::f32, DType::f64})
      expect_same_everywhere([=](const Tensors &xs) { return Tensors{norm(xs[0], {1}, false, order)}; },
                             {cast(x, dtype)});
  EXPECT_EQ(norm(cast(x, DType::f16)).dtype(), DType::f16);
}

TEST(Norm, RejectsWhatIsNoOrder) {
  expect_error([](const Tensors &xs) { return Tensors{norm(xs[0], {}, false, kNaN)}; }, {ones({2})}, {},
               "norm: order must be a number, got nan");
  expect_error([](const Tensors &xs) { return Tensors{norm(xs[0], {2})}; }, {ones({2})}, {},
               "norm: axis must be in [-1, 1) for f32[2], got 2");
  EXPECT_EQ(error_code([] { norm(ones({2}, DType::i32)); }), ErrorCode::dtype);
}

} // namespace
} // namespace etch
