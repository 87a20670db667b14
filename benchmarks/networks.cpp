// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "benchmarks/compare.h"
#include "benchmarks/random_tensor.h"

namespace etch::benchmarks {
namespace {

constexpr int64_t kFloat = sizeof(float);

void register_matmul() {
  for (const int64_t size : {32, 256, 768})
    compare("matmul", std::to_string(size), {size * size * size, 3 * size * size * kFloat},
            [](Tensor a, Tensor b) { return matmul(a, b); },
            [=] { return std::tuple(random_floats({size, size}, 1), random_floats({size, size}, 2)); });
}

void register_matmul_bias_relu() {
  for (const int64_t size : {32, 256, 768})
    compare("matmul_bias_relu", std::to_string(size), {size * size * size, (3 * size + 1) * size * kFloat},
            [](Tensor x, Tensor w, Tensor b) { return relu(matmul(x, w) + b); },
            [=] {
              return std::tuple(random_floats({size, size}, 3), random_floats({size, size}, 4),
                                random_floats({size}, 5));
            });
}

/// 784-512-512-10, its parameters arguments of the function.
Tensor forward(Tensor x, std::array<Tensor, 3> w, std::array<Tensor, 3> b) {
  x = relu(matmul(x, w[0]) + b[0]);
  x = relu(matmul(x, w[1]) + b[1]);
  return matmul(x, w[2]) + b[2];
}

void register_forward() {
  constexpr int64_t weights = 784 * 512 + 512 * 512 + 512 * 10, biases = 512 + 512 + 10;
  for (const int64_t batch : {1, 32, 256})
    compare("mlp_forward", std::to_string(batch), {batch * weights, (batch * 794 + weights + biases) * kFloat}, forward,
            [=] {
              const float spread = 0.06f;
              return std::tuple(random_floats({batch, 784}, 6, 0.0f, 1.0f),
                                std::array{random_floats({784, 512}, 7, -spread, spread),
                                           random_floats({512, 512}, 8, -spread, spread),
                                           random_floats({512, 10}, 9, -spread, spread)},
                                std::array{random_floats({512}, 10), random_floats({512}, 11), random_floats({10}, 12)});
            });
}

/// Softmax regression on digits, its gradient written out.
struct TrainingStep {
  Variable w{random_floats({784, 10}, 13, -0.05f, 0.05f), "w"};
  Variable b{zeros({10}), "b"};

  std::pair<Tensor, Tensor> operator()(Tensor x, Tensor labels) const {
    const Tensor scores = matmul(x, w) + b;
    const Tensor target = one_hot(labels, 10, DType::f32);
    const Tensor error = (softmax(scores) - target) / static_cast<float>(x.dim(0));
    const Tensor dw = matmul(transpose(x, {1, 0}), error);
    const Tensor db = reduce_sum(error, {0});
    w.assign_sub(0.1f * dw);
    b.assign_sub(0.1f * db);
    const Tensor hits = cast(argmax(scores, -1) == labels, DType::f32);
    return {reduce_mean(softmax_cross_entropy(scores, target)), reduce_mean(hits)};
  }

  std::pair<Tensor, Tensor> state() const { return {w.value(), b.value()}; }
};

void register_training_step() {
  for (const int64_t batch : {32, 256, 1024})
    compare("training_step", std::to_string(batch), {2 * batch * 784 * 10, (batch * 784 + 3 * 784 * 10) * kFloat}, [=] {
      return Subject{TrainingStep(), TrainingStep(),
                     std::tuple(random_floats({batch, 784}, 14, 0.0f, 1.0f), random_classes(batch, 10, 15))};
    });
}

} // namespace

void register_networks() {
  register_matmul();
  register_matmul_bias_relu();
  register_forward();
  register_training_step();
}

} // namespace etch::benchmarks
