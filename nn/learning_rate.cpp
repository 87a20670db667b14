// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nn/learning_rate.h"

#include <etch/etch.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace etch::nn {
namespace {

void require(bool holds, const std::string &rule) {
  if (!holds)
    throw Error(ErrorCode::invalid_argument, rule);
}

void require_steps(const char *name, int64_t steps) {
  require(steps > 0, std::string(name) + ": steps must be positive, got " + std::to_string(steps));
}

/// step / steps, or its whole part.
Tensor quotient(const Tensor &step, int64_t steps, bool staircase) {
  const Tensor ratio = cast(step, DType::f64) / static_cast<double>(steps);
  return staircase ? floor(ratio) : ratio;
}

/// step / steps, 1 from then on.
Tensor progress(const Tensor &step, int64_t steps) { return minimum(quotient(step, steps, false), 1.0); }

} // namespace

std::function<Tensor(const Tensor &)> LearningRate::constant_rate(double rate) {
  require(std::isfinite(rate), "learning rate: the rate must be finite, got " + std::to_string(rate));
  return [rate](const Tensor &) { return constant(rate); };
}

Tensor LearningRate::at(const Tensor &step) const {
  Tensor rate = schedule_(step);
  if (!rate.defined() || rate.dtype() != DType::f64)
    throw Error(ErrorCode::dtype, "learning rate: a schedule must give f64, got " + spec_text(rate));
  return rate;
}

LearningRate exponential_decay(double initial, int64_t steps, double rate, bool staircase) {
  require_steps("exponential_decay", steps);
  return [=](const Tensor &step) { return initial * pow(constant(rate), quotient(step, steps, staircase)); };
}

LearningRate inverse_time_decay(double initial, int64_t steps, double rate, bool staircase) {
  require_steps("inverse_time_decay", steps);
  return [=](const Tensor &step) { return initial / (1.0 + rate * quotient(step, steps, staircase)); };
}

LearningRate polynomial_decay(double initial, int64_t steps, double end, double power) {
  require_steps("polynomial_decay", steps);
  return [=](const Tensor &step) { return (initial - end) * pow(1.0 - progress(step, steps), constant(power)) + end; };
}

LearningRate cosine_decay(double initial, int64_t steps, double alpha) {
  require_steps("cosine_decay", steps);
  return [=](const Tensor &step) {
    const Tensor half = 0.5 * (1.0 + cos(std::numbers::pi * progress(step, steps)));
    return initial * ((1.0 - alpha) * half + alpha);
  };
}

LearningRate piecewise_constant(std::vector<int64_t> boundaries, std::vector<double> values) {
  require(values.size() == boundaries.size() + 1,
          "piecewise_constant: there must be one value more than boundaries, got " + std::to_string(values.size()) +
              " and " + std::to_string(boundaries.size()));
  require(std::ranges::is_sorted(boundaries), "piecewise_constant: the boundaries must ascend");
  return [boundaries = std::move(boundaries), values = std::move(values)](const Tensor &step) {
    Tensor rate = constant(values.back());
    for (size_t i = boundaries.size(); i-- > 0;)
      rate = where(step <= boundaries[i], values[i], rate);
    return rate;
  };
}

LearningRate linear_warmup(int64_t steps, LearningRate after) {
  require_steps("linear_warmup", steps);
  return [=](const Tensor &step) {
    const Tensor rest = maximum(step - steps, int64_t{0});
    return after.at(rest) * progress(step, steps);
  };
}

} // namespace etch::nn
