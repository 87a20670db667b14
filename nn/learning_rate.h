// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch::nn {

/// A learning rate as a function of the number of steps taken: a number, one of the schedules below, or a function of
/// one's own from an i64 to an f64 tensor, of operations, so that a traced step computes it at each call.
class LearningRate {
public:
  /// Throws Error (invalid_argument) unless it is finite.
  template <class T>
    requires std::is_arithmetic_v<T>
  LearningRate(T rate) : LearningRate(constant_rate(static_cast<double>(rate))) {}
  template <std::invocable<const Tensor &> F>
  LearningRate(F schedule) : schedule_(std::move(schedule)) {}

  /// At a step, i64 from 0: f64. Throws Error (dtype) where the function gives another dtype.
  Tensor at(const Tensor &step) const;

private:
  static std::function<Tensor(const Tensor &)> constant_rate(double rate);
  std::function<Tensor(const Tensor &)> schedule_;
};

// Each throws Error (invalid_argument) for counts of steps that are not positive.

/// initial * rate^(step / steps), the quotient rounded down where it is a staircase.
LearningRate exponential_decay(double initial, int64_t steps, double rate, bool staircase = false);
/// initial / (1 + rate * step / steps), the quotient rounded down where it is a staircase.
LearningRate inverse_time_decay(double initial, int64_t steps, double rate, bool staircase = false);
/// From `initial` to `end` within `steps`, then `end`: (initial - end) * (1 - step / steps)^power + end.
LearningRate polynomial_decay(double initial, int64_t steps, double end = 1e-4, double power = 1);
/// From `initial` to alpha * initial within `steps` along half a cosine, then that.
LearningRate cosine_decay(double initial, int64_t steps, double alpha = 0);
/// values[i] up to and with the step boundaries[i], the last one from then on. Throws Error (invalid_argument) unless
/// the boundaries ascend and there is one value more.
LearningRate piecewise_constant(std::vector<int64_t> boundaries, std::vector<double> values);
/// From 0 straight to what `after` begins with, within `steps`; then `after`, from its own step 0.
LearningRate linear_warmup(int64_t steps, LearningRate after);

} // namespace etch::nn
