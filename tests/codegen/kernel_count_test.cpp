// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

namespace etch {
namespace {

using test::ramp;

template <class Body, class... Args>
int kernels_of(Body &&body, const Args &...args) {
  return function(body).trace(args...).compile().kernel_count();
}

Tensor layer_norm(const Tensor &x) {
  const Tensor centred = x - reduce_mean(x, {-1}, keep_dims);
  return centred / sqrt(reduce_mean(centred * centred, {-1}, keep_dims) + 1e-5f);
}

TEST(KernelCount, IsOneForAChainOfMaps) {
  const auto chain = [](Tensor x) {
    for (int i = 0; i < 10; ++i)
      x = tanh(x) * 1.5f;
    return x;
  };
  const auto compiled = function(chain).trace(ramp({8, 32})).compile();
  EXPECT_EQ(compiled.op_count(), 30) << "ten constants among them";
  EXPECT_EQ(compiled.kernel_count(), 1);
}

TEST(KernelCount, IsOneForSoftmax) {
  EXPECT_EQ(kernels_of([](Tensor x) { return softmax(x); }, ramp({8, 32})), 1);
  EXPECT_EQ(kernels_of([](Tensor x) { return softmax(x); }, ramp({2, 3, 32})), 1);
}

TEST(KernelCount, IsOneForALayerNorm) {
  EXPECT_EQ(kernels_of([](Tensor x) { return layer_norm(x); }, ramp({8, 32})), 1);
  const auto scaled = [](Tensor x, Tensor scale, Tensor shift) { return layer_norm(x) * scale + shift; };
  EXPECT_EQ(kernels_of(scaled, ramp({8, 32}), ramp({32}), ramp({32})), 1);
}

TEST(KernelCount, IsOneForACrossEntropy) {
  const auto losses = [](Tensor x, Tensor y) { return softmax_cross_entropy(x, y); };
  EXPECT_EQ(kernels_of(losses, ramp({8, 10}), ramp({8, 10})), 1);
}

TEST(KernelCount, IsOneForADenseLayer) {
  const auto layer = [](Tensor x, Tensor w, Tensor b) { return relu(matmul(x, w) + b); };
  EXPECT_EQ(kernels_of(layer, ramp({8, 16}), ramp({16, 4}), ramp({4})), 1);
}

TEST(KernelCount, IsOneForEachLayerOfAPerceptron) {
  const auto perceptron = [](Tensor x, Tensor v, Tensor w) { return softmax(matmul(gelu(matmul(x, v)), w)); };
  EXPECT_EQ(kernels_of(perceptron, ramp({8, 16}), ramp({16, 32}), ramp({32, 4})), 3)
      << "two contractions, the first with its gelu, and the softmax";
}

TEST(KernelCount, IsOneForASumOfAMap) {
  const auto sum = [](std::vector<int64_t> axes) {
    return [axes](Tensor x, Tensor y) { return reduce_sum(x * y, axes) + 1.0f; };
  };
  for (const std::vector<int64_t> &axes : std::vector<std::vector<int64_t>>{{-1}, {0}, {1}, {0, 1, 2}, {1, 2}})
    EXPECT_EQ(kernels_of(sum(axes), ramp({4, 8, 16}), ramp({4, 8, 16})), 1) << axes.front();
}

TEST(KernelCount, IsOneForEachGroupOfReducedAxes) {
  EXPECT_EQ(kernels_of([](Tensor x) { return reduce_sum(exp(x), {0, 2}); }, ramp({4, 8, 16})), 2);
}

TEST(KernelCount, IsOneForSeveralResults) {
  const auto moments = [](Tensor x) { return std::pair(reduce_sum(x, {-1}), reduce_sum(x * x, {-1})); };
  EXPECT_EQ(kernels_of([](Tensor x) { return std::pair(exp(x), exp(x) * 2.0f); }, ramp({8})), 1);
  EXPECT_LE(kernels_of(moments, ramp({8, 32})), 2);
}

TEST(KernelCount, CountsCallsOfTheRuntime) {
  const auto embed = [](Tensor table, Tensor ids) { return exp(gather(table, ids)) + 1.0f; };
  EXPECT_EQ(kernels_of(embed, ramp({5, 4}), constant<int64_t>({1, 2})), 2);
}

TEST(KernelCount, IsZeroWhereNothingIsComputed) {
  EXPECT_EQ(kernels_of([](Tensor) {}, ramp({8})), 0);
  EXPECT_EQ(kernels_of([](Tensor x) { exp(x); }, ramp({8})), 0) << "nobody reads it";
}

} // namespace
} // namespace etch
