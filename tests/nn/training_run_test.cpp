// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A thousand steps from one seed: eagerly, as one function, and with the tape around a function.
#include "nn/optimizers.h"
#include "tests/tracer/bits.h"
#include "tests/tracer/memory.h"

#include <etch/etch.h>

#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace etch::test {
namespace {

constexpr int kSteps = 1000;

/// Two layers.
struct Run {
  Generator random{42};
  Variable w1{random.normal({6, 16}) * 0.4f, "w1"}, b1{zeros({16}), "b1"};
  Variable w2{random.normal({16, 3}) * 0.3f, "w2"}, b2{zeros({3}), "b2"};
  std::vector<Variable> parameters{w1, b1, w2, b2};
  nn::Adam adam{0.01};

  Run() { adam.build(parameters); }

  Tensor loss(const Tensor &x, const Tensor &labels) const {
    const Tensor hidden = tanh(matmul(x, w1) + b1);
    return reduce_mean(softmax_cross_entropy(matmul(hidden, w2) + b2, labels));
  }
  Tensor step(const Tensor &x, const Tensor &labels, const std::function<Tensor(Tensor, Tensor)> &model) {
    GradientTape tape;
    const Tensor value = model(x, labels);
    adam.apply_gradients(tape.gradient(value, parameters), parameters);
    return value;
  }
  std::vector<Tensor> state() const {
    std::vector<Tensor> values;
    for (const Variable &variable : parameters)
      values.push_back(variable.value());
    for (const Variable &variable : adam.variables())
      values.push_back(variable.value());
    return values;
  }
};

struct Outcome {
  std::vector<Tensor> state;
  float first_loss, last_loss;
  int64_t growth; ///< of resident memory over the second half
};

/// Every step on a batch of its own.
Outcome run(bool is_function, bool has_function_inside) {
  Run run;
  auto inner =
      function([&](Tensor x, Tensor labels) { return run.loss(x, labels); }, {.run_eagerly = !has_function_inside});
  auto step =
      function([&](Tensor x, Tensor labels) { return run.step(x, labels, inner); }, {.run_eagerly = !is_function});
  Outcome outcome{};
  int64_t half = 0;
  for (int i = 0; i < kSteps; ++i) {
    const Tensor x = run.random.normal({8, 6});
    const Tensor loss = step(x, argmax(slice(x, {0, 0}, {8, 3}), -1));
    (i == 0 ? outcome.first_loss : outcome.last_loss) = loss.item<float>();
    if (i == kSteps / 2)
      half = resident_bytes();
  }
  outcome.growth = resident_bytes() - half;
  outcome.state = run.state();
  EXPECT_EQ(step.trace_count(), is_function ? 1 : 0);
  return outcome;
}

TEST(TrainingRun, EndsWithTheSameParametersEachWayInFlatMemory) {
  const Outcome eager = run(false, false);
  EXPECT_LT(eager.last_loss, eager.first_loss);
  for (const auto &[is_function, has_function_inside] :
       {std::pair(true, false), std::pair(true, true), std::pair(false, true)}) {
    const Outcome other = run(is_function, has_function_inside);
    ASSERT_EQ(other.state.size(), eager.state.size());
    for (size_t i = 0; i < eager.state.size(); ++i)
      EXPECT_TRUE(same_bits(other.state[i], eager.state[i])) << i;
    if (!kFreedMemoryStays) {
      EXPECT_LT(other.growth, int64_t{1} << 20) << is_function << has_function_inside;
    }
  }
  if (!kFreedMemoryStays) {
    EXPECT_LT(eager.growth, int64_t{1} << 20);
  }
}

} // namespace
} // namespace etch::test
