// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A generative adversarial network on numbers: a generator turns noise into samples, a discriminator tells them from
// real ones. Two traced steps share the discriminator, and each moves the Variables of its own side alone.
#include <etch/etch.h>

#include "nn/optimizers.h"

#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>
#include <vector>

using etch::Tensor;
using etch::Variable;

namespace {

constexpr int64_t kBatch = 100, kNoise = 100;

/// A dense layer.
struct Dense {
  Variable w, b;

  Dense(const etch::Generator &random, int64_t inputs, int64_t outputs)
      : w(random.normal({inputs, outputs}) * std::sqrt(1.0 / static_cast<double>(inputs)), "w"),
        b(etch::zeros({outputs}), "b") {}

  Tensor operator()(const Tensor &x) const { return etch::matmul(x, w) + b; }
};

/// Dense layers with elu between them.
struct Network {
  std::vector<Dense> layers;

  Tensor operator()(Tensor x) const {
    for (size_t i = 0; i < layers.size(); ++i)
      x = i + 1 < layers.size() ? etch::elu(layers[i](x)) : layers[i](x);
    return x;
  }
  std::vector<Variable> parameters() const {
    std::vector<Variable> all;
    for (const Dense &layer : layers)
      all.insert(all.end(), {layer.w, layer.b});
    return all;
  }
};

/// The mean of -label * log(sigmoid(x)) - (1 - label) * log(1 - sigmoid(x)).
Tensor cross_entropy(const Tensor &logits, float label) {
  return etch::reduce_mean(etch::softplus(logits) - label * logits);
}

std::vector<Tensor> values_of(const std::vector<Variable> &variables) {
  std::vector<Tensor> values;
  for (const Variable &variable : variables)
    values.push_back(variable.value());
  return values;
}

/// Of those values, how many the Variables do not have any more.
int64_t moved(const std::vector<Tensor> &before, const std::vector<Variable> &variables) {
  int64_t count = 0;
  for (size_t i = 0; i < variables.size(); ++i)
    count += etch::reduce_any(before[i] != variables[i].value()).item<bool>();
  return count;
}

int run() {
  const etch::Generator random(3);
  const Network generator{{{random, kNoise, 64}, {random, 64, 64}, {random, 64, 1}}};
  const Network discriminator{{{random, 1, 32}, {random, 32, 1}}};
  const std::vector<Variable> of_generator = generator.parameters(), of_discriminator = discriminator.parameters();
  etch::nn::Adam generator_adam(1e-5), discriminator_adam(1e-5);
  generator_adam.build(of_generator);
  discriminator_adam.build(of_discriminator);

  const auto train_discriminator = etch::function(
      [&](Tensor real) {
        const Tensor made = generator(random.normal({kBatch, kNoise}));
        etch::GradientTape tape;
        const Tensor loss = cross_entropy(discriminator(real), 1) + cross_entropy(discriminator(made), 0);
        discriminator_adam.apply_gradients(tape.gradient(loss, of_discriminator), of_discriminator);
        return loss;
      },
      {.name = "train_discriminator"});
  const auto train_generator = etch::function(
      [&] {
        etch::GradientTape tape;
        const Tensor loss = cross_entropy(discriminator(generator(random.normal({kBatch, kNoise}))), 1);
        generator_adam.apply_gradients(tape.gradient(loss, of_generator), of_generator);
        return loss;
      },
      {.name = "train_generator"});

  bool keeps_apart = true;
  float generator_loss = 0, discriminator_loss = 0;
  for (int step = 0; step < 200; ++step) {
    const std::vector<Tensor> generator_before = values_of(of_generator),
                              discriminator_before = values_of(of_discriminator);
    discriminator_loss = train_discriminator(random.normal({kBatch, 1}, 5, 0.5)).item<float>();
    keeps_apart &= moved(generator_before, of_generator) == 0 && moved(discriminator_before, of_discriminator) > 0;
    const std::vector<Tensor> discriminator_after = values_of(of_discriminator);
    generator_loss = train_generator().item<float>();
    keeps_apart &= moved(discriminator_after, of_discriminator) == 0 && moved(generator_before, of_generator) > 0;
    if (step % 50 == 49)
      std::printf("step %3d: loss of the discriminator %.4f, of the generator %.4f\n", step + 1, discriminator_loss,
                  generator_loss);
  }
  const bool traced_once = train_discriminator.trace_count() == 1 && train_generator.trace_count() == 1;
  std::printf("each step moved the Variables of its own side alone: %s\n", keeps_apart ? "yes" : "NO");
  return keeps_apart && traced_once && std::isfinite(generator_loss) && std::isfinite(discriminator_loss) ? 0 : 1;
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
