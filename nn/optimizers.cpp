// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nn/optimizers.h"

#include <algorithm>

namespace etch::nn {
namespace {

template <class Change>
std::vector<Tensor> changed(std::vector<Tensor> gradients, const Change &change) {
  for (Tensor &gradient : gradients)
    if (gradient.defined())
      gradient = change(gradient);
  return gradients;
}

void require_limit(const char *name, double limit) {
  if (!(limit >= 0))
    throw Error(ErrorCode::invalid_argument,
                std::string(name) + ": the limit must not be negative, got " + std::to_string(limit));
}

Tensor like(const Tensor &number, const Variable &parameter) { return cast(number, parameter.dtype()); }

} // namespace

std::vector<Tensor> clip_by_value(const std::vector<Tensor> &gradients, double limit) {
  require_limit("clip_by_value", limit);
  return changed(gradients, [&](const Tensor &x) { return clip(x, -limit, limit); });
}

std::vector<Tensor> clip_by_norm(const std::vector<Tensor> &gradients, double limit) {
  require_limit("clip_by_norm", limit);
  return changed(gradients, [&](const Tensor &x) { return x * limit / maximum(norm(x), limit); });
}

std::pair<std::vector<Tensor>, Tensor> clip_by_global_norm(const std::vector<Tensor> &gradients, double limit) {
  require_limit("clip_by_global_norm", limit);
  Tensor sum;
  for (const Tensor &gradient : gradients)
    if (gradient.defined()) {
      const Tensor square_sum = cast(reduce_sum(square(gradient)), sum.defined() ? sum.dtype() : gradient.dtype());
      sum = sum.defined() ? sum + square_sum : square_sum;
    }
  if (!sum.defined())
    throw Error(ErrorCode::invalid_argument, "clip_by_global_norm: a gradient must be defined, got none that is");
  const Tensor norm = sqrt(sum), scale = limit / maximum(norm, limit);
  return {changed(gradients, [&](const Tensor &x) { return x * cast(scale, x.dtype()); }), norm};
}

void Optimizer::build(const std::vector<Variable> &variables) {
  for (const Variable &variable : variables)
    slots_of(variable);
}

const std::vector<Variable> &Optimizer::slots_of(const Variable &variable) {
  const auto [found, is_new] = positions_.emplace(variable.state().get(), slots_.size());
  if (is_new) {
    std::vector<Variable> made;
    for (const Slot &slot : slot_specs_) {
      const Tensor initial = broadcast_to(cast(constant(slot.initial), variable.dtype()), variable.shape());
      made.emplace_back(initial, variable.name() + "/" + slot.name, false);
    }
    slots_.emplace_back(variable, std::move(made));
  }
  return slots_[found->second].second;
}

std::vector<Variable> Optimizer::variables() const {
  std::vector<Variable> all{iterations_};
  for (const auto &[variable, slots] : slots_)
    all.insert(all.end(), slots.begin(), slots.end());
  return all;
}

std::vector<Tensor> Optimizer::clipped(std::vector<Tensor> gradients) const {
  if (clipping_.value)
    gradients = clip_by_value(gradients, *clipping_.value);
  if (clipping_.norm)
    gradients = clip_by_norm(gradients, *clipping_.norm);
  if (clipping_.global_norm)
    gradients = clip_by_global_norm(gradients, *clipping_.global_norm).first;
  return gradients;
}

void Optimizer::apply_gradients(const std::vector<Tensor> &gradients, const std::vector<Variable> &variables,
                                Location location) {
  if (gradients.size() != variables.size())
    throw Error(ErrorCode::invalid_argument,
                "apply_gradients: there must be one gradient for each Variable, got " +
                    std::to_string(gradients.size()) + " for " + std::to_string(variables.size()),
                location);
  if (std::ranges::none_of(gradients, [](const Tensor &x) { return x.defined(); }))
    throw Error(ErrorCode::invalid_argument, "apply_gradients: a gradient must be defined, got none that is", location,
                "watch the Variables, and compute the target from them while the tape lives");
  const std::vector<Tensor> steps = clipped(gradients);
  iterations_.assign_add(int64_t{1});
  const Tensor count = iterations_.value();
  const Step step{rate_.at(count - int64_t{1}), cast(count, DType::f64)};
  for (size_t i = 0; i < steps.size(); ++i)
    if (steps[i].defined())
      update(variables[i], steps[i], step, slots_of(variables[i]));
}

SGD::SGD(LearningRate rate, double momentum, bool nesterov, Clipping clipping)
    : Optimizer(std::move(rate), clipping, momentum == 0 ? std::vector<Slot>{} : std::vector<Slot>{{"momentum"}}),
      momentum_(momentum), nesterov_(nesterov) {}

void SGD::update(const Variable &parameter, const Tensor &gradient, const Step &step,
                 std::span<const Variable> slots) const {
  const Tensor change = like(step.rate, parameter) * gradient;
  if (momentum_ == 0)
    return parameter.assign_sub(change);
  const Tensor momentum = momentum_ * slots[0].value() - change;
  slots[0].assign(momentum);
  parameter.assign_add(nesterov_ ? momentum_ * momentum - change : momentum);
}

Adam::Adam(LearningRate rate, AdamOptions options)
    : Optimizer(std::move(rate), options.clipping, {{"m"}, {"v"}}), options_(options) {}

void Adam::update(const Variable &parameter, const Tensor &gradient, const Step &step,
                  std::span<const Variable> slots) const {
  const auto unbiased = [&](double beta) { return 1.0 - pow(constant(beta), step.count); };
  const Tensor rate = like(step.rate * sqrt(unbiased(options_.beta_2)) / unbiased(options_.beta_1), parameter);
  const Tensor old_m = slots[0].value(), old_v = slots[1].value();
  const Tensor m = old_m + (gradient - old_m) * (1 - options_.beta_1);
  const Tensor v = old_v + (square(gradient) - old_v) * (1 - options_.beta_2);
  slots[0].assign(m);
  slots[1].assign(v);
  Tensor value = parameter.value();
  if (options_.weight_decay != 0)
    value = value - value * like(step.rate * options_.weight_decay, parameter);
  parameter.assign(value - rate * m / (sqrt(v) + options_.epsilon));
}

namespace {

AdamOptions with_decay(AdamOptions options, double weight_decay) {
  options.weight_decay = weight_decay;
  return options;
}

} // namespace

AdamW::AdamW(LearningRate rate, double weight_decay, AdamOptions options)
    : Adam(std::move(rate), with_decay(options, weight_decay)) {}

RMSprop::RMSprop(LearningRate rate, RMSpropOptions options)
    : Optimizer(std::move(rate), options.clipping,
                [&] {
                  std::vector<Slot> slots{{"velocity"}};
                  if (options.centered)
                    slots.push_back({"average"});
                  if (options.momentum != 0)
                    slots.push_back({"momentum"});
                  return slots;
                }()),
      options_(options) {}

void RMSprop::update(const Variable &parameter, const Tensor &gradient, const Step &step,
                     std::span<const Variable> slots) const {
  const auto averaged = [&](const Variable &slot, const Tensor &now) {
    const Tensor average = options_.rho * slot.value() + (1 - options_.rho) * now;
    slot.assign(average);
    return average;
  };
  Tensor velocity = averaged(slots[0], square(gradient));
  if (options_.centered)
    velocity = velocity - square(averaged(slots[1], gradient));
  Tensor change = like(step.rate, parameter) * gradient / sqrt(velocity + options_.epsilon);
  if (options_.momentum != 0) {
    change = options_.momentum * slots.back().value() + change;
    slots.back().assign(change);
  }
  parameter.assign_sub(change);
}

Adagrad::Adagrad(LearningRate rate, double initial, double epsilon, Clipping clipping)
    : Optimizer(std::move(rate), clipping, {{"accumulator", initial}}), epsilon_(epsilon) {}

void Adagrad::update(const Variable &parameter, const Tensor &gradient, const Step &step,
                     std::span<const Variable> slots) const {
  const Tensor sum = slots[0].value() + square(gradient);
  slots[0].assign(sum);
  parameter.assign_sub(like(step.rate, parameter) * gradient / sqrt(sum + epsilon_));
}

Ftrl::Ftrl(LearningRate rate, FtrlOptions options)
    : Optimizer(std::move(rate), options.clipping, {{"accumulator", options.initial}, {"linear"}}), options_(options) {}

void Ftrl::update(const Variable &parameter, const Tensor &gradient, const Step &step,
                  std::span<const Variable> slots) const {
  const Tensor rate = like(step.rate, parameter), value = parameter.value(), old_sum = slots[0].value();
  const Tensor sum = old_sum + square(gradient);
  const auto powered = [&](const Tensor &x) {
    return options_.rate_power == -0.5 ? sqrt(x) : pow(x, -options_.rate_power);
  };
  const Tensor shrunk = options_.l2_shrinkage > 0 ? gradient + 2 * options_.l2_shrinkage * value : gradient;
  const Tensor linear = slots[1].value() + shrunk - (powered(sum) - powered(old_sum)) / rate * value;
  const Tensor quadratic = powered(sum) / rate + 2 * (options_.l2 + options_.beta / (2.0 * rate));
  parameter.assign((clip(linear, -options_.l1, options_.l1) - linear) / quadratic);
  slots[0].assign(sum);
  slots[1].assign(linear);
}

} // namespace etch::nn
