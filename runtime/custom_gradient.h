// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/tensor_type.h"
#include "runtime/noted_call.h"

#include <optional>
#include <span>
#include <vector>

namespace etch::runtime {

/// A call whose gradient is the user's. Every result counts as computed from every operand.
class CustomCall final : public NotedCall {
public:
  CustomCall(std::span<const detail::GradientLeaf> operands, std::span<const Tensor> results, detail::Pullback pullback,
             Location location);

  const char *name() const { return "custom_gradient"; }
  bool depends(size_t, size_t operand) const override { return operand < operands_.size(); }
  bool connects(size_t operand, size_t result) const override {
    return operand < operands_.size() && operands_[operand] && results_[result];
  }
  /// Gives zeros for dys that are not there. Throws Error (dtype, shape) for a gradient that is not like its operand.
  std::vector<Tensor> pull(std::span<const Tensor> dys, std::span<const Tensor> sums, const std::vector<bool> &needed,
                           Location location) const override;
  std::string cut_between(const std::vector<bool> &, const std::vector<bool> &) const override { return {}; }

  const detail::Pullback &pullback() const { return pullback_; }
  /// Types of those that are floats.
  const std::vector<std::optional<ops::TensorType>> &operands() const { return operands_; }
  const std::vector<std::optional<ops::TensorType>> &results() const { return results_; }

private:
  const detail::Pullback pullback_;
  std::vector<std::optional<ops::TensorType>> operands_, results_;
};

/// Notes a call that has been made on this thread's tapes, and in the trace that is recorded. `results`: values that
/// are no operands; tapes may give them other identities.
void note_custom_call(std::span<const detail::GradientLeaf> operands, std::span<Tensor> results,
                      const detail::Pullback &pullback, Location location);

} // namespace etch::runtime
