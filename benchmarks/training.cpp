// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Training steps of a network of two layers on digits: 784-128-10, relu, a GradientTape and an optimizer.
#include "benchmarks/compare.h"
#include "benchmarks/random_tensor.h"
#include "nn/optimizers.h"

namespace etch::benchmarks {
namespace {

constexpr int64_t kPixels = 784, kHidden = 128, kClasses = 10;

struct Network {
  Variable w1{random_floats({kPixels, kHidden}, 21, -0.05f, 0.05f), "w1"}, b1{zeros({kHidden}), "b1"};
  Variable w2{random_floats({kHidden, kClasses}, 22, -0.1f, 0.1f), "w2"}, b2{zeros({kClasses}), "b2"};
  std::vector<Variable> parameters{w1, b1, w2, b2};

  Tensor loss(const Tensor &x, const Tensor &labels) const {
    const Tensor scores = matmul(relu(matmul(x, w1) + b1), w2) + b2;
    return reduce_mean(softmax_cross_entropy(scores, labels));
  }
};

/// All in one function: forward, backward and update.
template <class Optimizer>
struct Step : Network {
  std::shared_ptr<Optimizer> optimizer = std::make_shared<Optimizer>(0.01);
  Step() { optimizer->build(parameters); }

  Tensor operator()(Tensor x, Tensor labels) const {
    GradientTape tape;
    const Tensor value = loss(x, labels);
    optimizer->apply_gradients(tape.gradient(value, parameters), parameters);
    return value;
  }
  std::pair<Tensor, Tensor> state() const { return {w1.value(), b2.value()}; }
};

/// The tape and the update outside: functions for the loss and the update, called from eager code.
struct StepAround : Network {
  Function<Tensor(Tensor, Tensor)> model;

  explicit StepAround(bool eagerly)
      : model(function(
            [own = static_cast<const Network &>(*this)](Tensor x, Tensor labels) { return own.loss(x, labels); },
            {.run_eagerly = eagerly})) {}

  std::vector<Tensor> operator()(Tensor x, Tensor labels) const {
    GradientTape tape;
    return tape.gradient(model(x, labels), parameters);
  }
};

template <class Make>
void register_steps(const std::string &program, Options options, Make make) {
  constexpr int64_t weights = kPixels * kHidden + kHidden * kClasses;
  for (const int64_t batch : {1, 32, 256})
    compare(
        program, std::to_string(batch),
        {3 * batch * weights, (batch * (kPixels + 1) + 3 * weights) * static_cast<int64_t>(sizeof(float))},
        [=] {
          return Subject{
              make(true), make(false),
              std::tuple(random_floats({batch, kPixels}, 23, 0.0f, 1.0f), random_classes(batch, kClasses, 24))};
        },
        options);
}

} // namespace

void register_training() {
  register_steps("mlp_sgd", {}, [](bool) { return Step<nn::SGD>(); });
  register_steps("mlp_adam", {}, [](bool) { return Step<nn::Adam>(); });
  register_steps("mlp_tape_around", {.run_eagerly = true}, [](bool eagerly) { return StepAround(eagerly); });
}

} // namespace etch::benchmarks
