// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The first model of many a tutorial: y = 3 x + 2 with noise, found from w = 5 and b = 0 by gradient descent with a
// GradientTape, each epoch one call of a traced function.
#include <etch/etch.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>

using etch::Tensor;

namespace {

struct Model {
  etch::Variable w{Tensor(5.0f), "w"}, b{Tensor(0.0f), "b"};

  Tensor operator()(const Tensor &x) const { return w * x + b; }
};

int run() {
  constexpr int kEpochs = 100;
  constexpr float kRate = 0.1f;
  const etch::Generator random(7);
  const Tensor x = random.normal({1000}), y = x * 3.0f + 2.0f + random.normal({1000});

  const Model model;
  const auto train = etch::function(
      [&](Tensor inputs, Tensor outputs) {
        etch::GradientTape tape;
        const Tensor loss = etch::reduce_mean(etch::square(outputs - model(inputs)));
        const auto [dw, db] = tape.gradient(loss, model.w, model.b);
        model.w.assign_sub(kRate * dw);
        model.b.assign_sub(kRate * db);
        return loss;
      },
      {.name = "train"});
  for (int epoch = 0; epoch <= kEpochs; ++epoch) {
    const float w = model.w.value().item<float>(), b = model.b.value().item<float>();
    const float loss = train(x, y).item<float>();
    if (epoch % 10 == 0)
      std::printf("epoch %3d: w = %.3f, b = %.3f, loss = %.4f\n", epoch, w, b, loss);
  }
  const float w = model.w.value().item<float>(), b = model.b.value().item<float>();
  return std::abs(w - 3) < 0.15f && std::abs(b - 2) < 0.15f && train.trace_count() == 1 ? 0 : 1;
}

} // namespace

int main() {
  try {
    return run();
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
