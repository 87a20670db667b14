// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/gradients.h>

#include <span>
#include <string>
#include <vector>

namespace etch::runtime {

/// A call that tapes note as one, whatever it computes: of a traced function, or with a gradient of the user's own. Its
/// results are distinct tensors. Its operands are distinct tensors and Variables, and behind them the results, of which
/// some may be computed from others and be asked for as sources. Both are known by position.
class NotedCall {
public:
  virtual ~NotedCall() = default;

  /// Whether the result is computed from the operand at all.
  virtual bool depends(size_t result, size_t operand) const = 0;
  /// Whether a gradient of the result leads to one of the operand.
  virtual bool connects(size_t operand, size_t result) const = 0;
  /// The gradients of the operands that are needed, given those of the results and the sums of what later uses of the
  /// operands have given; undefined where there is none. A call that continues sums gives what they become with its
  /// own uses, others give what there is to add. Makes calls through this thread's current Dispatcher.
  virtual bool continues_sums() const { return false; }
  virtual std::vector<Tensor> pull(std::span<const Tensor> dys, std::span<const Tensor> sums,
                                   const std::vector<bool> &needed, Location location) const = 0;
  /// " floor at train.cpp:12": the first operation in it between marked operands and marked results that no gradient
  /// passes; empty where there is none.
  virtual std::string cut_between(const std::vector<bool> &operands, const std::vector<bool> &results) const = 0;
};

} // namespace etch::runtime
