// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "nn/learning_rate.h"

#include <etch/etch.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace etch::nn {

/// Every element bounded to [-limit, limit].
std::vector<Tensor> clip_by_value(const std::vector<Tensor> &gradients, double limit);
/// Each tensor scaled down to a Euclidean norm of at most `limit`.
std::vector<Tensor> clip_by_norm(const std::vector<Tensor> &gradients, double limit);
/// All tensors scaled by one number, so that the norm of all their elements is at most `limit`; and what it was before,
/// in the dtype of the first. Undefined tensors stay undefined and count as none. Requires one that is defined.
std::pair<std::vector<Tensor>, Tensor> clip_by_global_norm(const std::vector<Tensor> &gradients, double limit);

/// What is done to gradients before they are applied, in this order.
struct Clipping {
  std::optional<double> value = {}, norm = {}, global_norm = {};
};

/// Moves Variables along gradients. Its state (the number of steps, and what each rule remembers of a Variable, its
/// slots) is in Variables as well, so that a step works eagerly and inside a traced function with the same bits. Slots
/// are made when a Variable is first seen, or by build(). To be kept for as long as functions that use it. Not
/// thread-safe.
class Optimizer {
public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer &) = delete;
  Optimizer &operator=(const Optimizer &) = delete;

  /// Makes the slots of Variables that have none yet. Where that is left to the first step of a traced function, its
  /// first trace serves that call alone.
  void build(const std::vector<Variable> &variables);
  /// One step. A Variable whose gradient is undefined stays as it is. Throws Error (invalid_argument) where the lists
  /// are of different lengths or no gradient is defined.
  void apply_gradients(const std::vector<Tensor> &gradients, const std::vector<Variable> &variables,
                       Location location = Location::current());

  /// The number of steps taken, i64.
  const Variable &iterations() const { return iterations_; }
  /// The rate of the next step, f64.
  Tensor learning_rate() const { return rate_.at(iterations_.value()); }
  /// All of its state: the iterations, then the slots in the order in which they were made.
  std::vector<Variable> variables() const;

protected:
  struct Slot {
    std::string name;
    double initial = 0;
  };
  Optimizer(LearningRate rate, Clipping clipping, std::vector<Slot> slots)
      : rate_(std::move(rate)), clipping_(clipping), slot_specs_(std::move(slots)) {}

  /// What a step knows.
  struct Step {
    Tensor rate;  ///< f64
    Tensor count; ///< of steps, this one included, f64
  };
  virtual void update(const Variable &parameter, const Tensor &gradient, const Step &step,
                      std::span<const Variable> slots) const = 0;

private:
  std::vector<Tensor> clipped(std::vector<Tensor> gradients) const;
  const std::vector<Variable> &slots_of(const Variable &variable);

  const LearningRate rate_;
  const Clipping clipping_;
  const std::vector<Slot> slot_specs_;
  const Variable iterations_{constant<int64_t>(0), "iterations", false};
  std::map<const void *, size_t> positions_; // of Variables, by identity
  std::vector<std::pair<Variable, std::vector<Variable>>> slots_;
};

/// p -= rate * g, or with a momentum m = momentum * m - rate * g, p += m; Nesterov's: p += momentum * m - rate * g.
class SGD final : public Optimizer {
public:
  explicit SGD(LearningRate rate = 0.01, double momentum = 0, bool nesterov = false, Clipping clipping = {});

private:
  void update(const Variable &parameter, const Tensor &gradient, const Step &step,
              std::span<const Variable> slots) const override;
  const double momentum_;
  const bool nesterov_;
};

struct AdamOptions {
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  double weight_decay = 0; ///< AdamW's: p -= rate * weight_decay * p before the step
  Clipping clipping = {};
};
/// Kingma and Ba, Adam: A method for stochastic optimization, 2015, section 2: m and v are running means of the
/// gradient and its square, p -= rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon).
class Adam : public Optimizer {
public:
  explicit Adam(LearningRate rate = 0.001, AdamOptions options = {});

private:
  void update(const Variable &parameter, const Tensor &gradient, const Step &step,
              std::span<const Variable> slots) const override;
  const AdamOptions options_;
};
/// Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
class AdamW final : public Adam {
public:
  explicit AdamW(LearningRate rate = 0.001, double weight_decay = 0.004, AdamOptions options = {});
};

struct RMSpropOptions {
  double rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false; ///< by the variance of the gradient rather than its square
  Clipping clipping = {};
};
/// Tieleman and Hinton, Lecture 6.5, 2012: v is a running mean of the squared gradient, p -= rate * g / sqrt(v +
/// epsilon).
class RMSprop final : public Optimizer {
public:
  explicit RMSprop(LearningRate rate = 0.001, RMSpropOptions options = {});

private:
  void update(const Variable &parameter, const Tensor &gradient, const Step &step,
              std::span<const Variable> slots) const override;
  const RMSpropOptions options_;
};

/// Duchi, Hazan and Singer, Adaptive subgradient methods, 2011: a is the sum of squared gradients, from `initial` on,
/// p -= rate * g / sqrt(a + epsilon).
class Adagrad final : public Optimizer {
public:
  explicit Adagrad(LearningRate rate = 0.001, double initial = 0.1, double epsilon = 1e-7, Clipping clipping = {});

private:
  void update(const Variable &parameter, const Tensor &gradient, const Step &step,
              std::span<const Variable> slots) const override;
  const double epsilon_;
};

struct FtrlOptions {
  double rate_power = -0.5; ///< at most 0
  double initial = 0.1;     ///< of the sum of squared gradients
  double l1 = 0, l2 = 0, l2_shrinkage = 0, beta = 0;
  Clipping clipping = {};
};
/// McMahan et al., Ad click prediction: a view from the trenches, 2013, algorithm 1.
class Ftrl final : public Optimizer {
public:
  explicit Ftrl(LearningRate rate = 0.001, FtrlOptions options = {});

private:
  void update(const Variable &parameter, const Tensor &gradient, const Step &step,
              std::span<const Variable> slots) const override;
  const FtrlOptions options_;
};

} // namespace etch::nn
