// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients as functions of functions: grad, value_and_grad, vjp, jvp, hvp.
#include "tests/tracer/bits.h"
#include "tests/tracer/traced_or_not.h"

#include <etch/etch.h>

#include <cmath>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

class FunctionalGradients : public TracedOrNot {};
INSTANTIATE_TEST_SUITE_P(Of, FunctionalGradients, testing::Bool(), FunctionalGradients::name);

TEST_P(FunctionalGradients, AreByTheFirstArgumentUnlessToldOtherwise) {
  const auto f = [](const Tensor &x, const Tensor &y) { return reduce_sum(x * x * y); };
  const Tensor x = constant({1.0f, 2.0f}), y = constant({10.0f, 100.0f});
  const Tensor dx = function([&](Tensor a, Tensor b) { return grad(f)(a, b); })(x, y);
  EXPECT_TRUE(same_bits(dx, constant({20.0f, 400.0f})));
  const Tensor dy = function([&](Tensor a, Tensor b) { return grad<1>(f)(a, b); })(x, y);
  EXPECT_TRUE(same_bits(dy, constant({1.0f, 4.0f})));
  const auto both = function([&](Tensor a, Tensor b) { return value_and_grad<0, 1>(f)(a, b); })(x, y);
  EXPECT_EQ(both.first.item<float>(), 410.0f);
  EXPECT_TRUE(same_bits(std::get<0>(both.second), dx));
  EXPECT_TRUE(same_bits(std::get<1>(both.second), dy));
}

TEST_P(FunctionalGradients, TellArgumentsApartThatAreOneTensor) {
  const auto f = [](const Tensor &x, const Tensor &y) { return x * x * y; };
  const Tensor x = constant(3.0f);
  EXPECT_EQ(function([&](Tensor a) { return grad(f)(a, a); })(x).item<float>(), 18.0f);
  EXPECT_EQ(function([&](Tensor a) { return grad<1>(f)(a, a); })(x).item<float>(), 9.0f);
  EXPECT_EQ(grad(f)(x, x).item<float>(), 18.0f);
}

TEST_P(FunctionalGradients, MayBeTracedThemselvesAndTakenAgain) {
  const auto third = function(grad(grad(grad([](const auto &x) { return sin(x) * x; }))));
  const double x = 0.6;
  EXPECT_NEAR(third(constant(x)).template item<double>(), -3 * std::sin(x) - x * std::cos(x), 1e-14);
}

TEST_P(FunctionalGradients, HaveTheFormOfTheArgument) {
  const auto f = [](const std::vector<Tensor> &xs) { return reduce_sum(xs[0] * xs[1]); };
  const auto df = function([&](const std::vector<Tensor> &xs) { return grad(f)(xs); });
  const std::vector<Tensor> got = df({constant({1.0f, 2.0f}), constant({3.0f, 4.0f})});
  EXPECT_TRUE(same_bits(got.at(0), constant({3.0f, 4.0f})));
  EXPECT_TRUE(same_bits(got.at(1), constant({1.0f, 2.0f})));
}

TEST_P(FunctionalGradients, PullBackOften) {
  const auto f = [](const Tensor &x, const Tensor &y) { return matmul(x, y); };
  const Tensor x = constant({{1.0f, 2.0f}}), y = constant({{3.0f, 4.0f}, {5.0f, 6.0f}});
  const auto run = function([&](Tensor a, Tensor b) {
    const auto [z, pullback] = vjp(f, a, b);
    const auto [da, db] = pullback(constant({{1.0f, 0.0f}}));
    const auto [da2, db2] = pullback(constant({{0.0f, 1.0f}}));
    return std::vector<Tensor>{z, da, db, da2, db2};
  });
  const std::vector<Tensor> got = run(x, y);
  EXPECT_TRUE(same_bits(got[0], constant({{13.0f, 16.0f}})));
  EXPECT_TRUE(same_bits(got[1], constant({{3.0f, 5.0f}})));
  EXPECT_TRUE(same_bits(got[2], constant({{1.0f, 0.0f}, {2.0f, 0.0f}})));
  EXPECT_TRUE(same_bits(got[3], constant({{4.0f, 6.0f}})));
  EXPECT_TRUE(same_bits(got[4], constant({{0.0f, 1.0f}, {0.0f, 2.0f}})));
}

TEST_P(FunctionalGradients, GoAlongADirection) {
  const auto f = [](const Tensor &x) { return exp(x) * x; };
  const Tensor x = constant({0.5, -1.0, 2.0}), v = constant({1.0, 10.0, 100.0});
  const auto along = function([&](Tensor a, Tensor b) { return jvp(f, a, b); });
  const auto [y, dy] = along(x, v);
  EXPECT_TRUE(same_bits(y, exp(x) * x));
  for (size_t i = 0; i < 3; ++i) {
    const double at = x.to_vector<double>()[i];
    EXPECT_NEAR(dy.to_vector<double>()[i], std::exp(at) * (at + 1) * v.to_vector<double>()[i], 1e-11);
  }
  EXPECT_TRUE(same_bits(jvp([](const Tensor &z) { return floor(z); }, x, v).second, zeros({3}, DType::f64)));
}

TEST_P(FunctionalGradients, MultiplyByTheHessian) {
  const auto f = [](const Tensor &x) { return reduce_prod(x); };
  const auto product = function([&](Tensor a, Tensor b) { return hvp(f, a, b); });
  const Tensor got = product(constant({2.0, 3.0, 5.0}), constant({1.0, 10.0, 100.0}));
  const std::vector<double> expected{5 * 10 + 3 * 100, 5 * 1 + 2 * 100, 3 * 1 + 2 * 10};
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(got.to_vector<double>()[i], expected[i], 1e-10);
}

} // namespace
} // namespace etch::test
