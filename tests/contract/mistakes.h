// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <etch/tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace etch::test {

/// A call of an op or function of the table, valid or not.
struct AnyCall {
  const ops::OpDef *op;
  bool is_function;
  std::vector<Tensor> operands;
  ops::Attrs attrs;
  std::string change;                 ///< what was done to a valid call
  bool captured = false;              ///< operands that cannot be arguments: a traced callable captures them
  std::shared_ptr<void> running = {}; ///< what the operands belong to

  /// As the public function does it, numbers aside.
  std::vector<Tensor> run(const std::vector<Tensor> &given) const;
};

/// Extents and axes at which arithmetic or memory might break.
const std::vector<int64_t> &edge_integers();

/// The calls of the op that its goldens and samples state.
std::vector<AnyCall> stated_calls(const ops::OpDef &op);
/// A valid call of the op, as its first golden or sample with operands has it; false where it has none.
bool valid_call(const ops::OpDef &op, bool is_function, AnyCall &call);
/// The call with another dtype, rank or extent of an operand.
std::vector<AnyCall> with_other_operands(const AnyCall &valid);
/// The call with edge values in the place of every number that is an extent, an axis or a count, and with words and
/// dtypes that its attributes may not be.
std::vector<AnyCall> with_other_attributes(const AnyCall &valid);
/// The call with no elements along one dimension or all, operand by operand.
std::vector<AnyCall> with_empty_operands(const AnyCall &valid);

/// The call with an undefined tensor and with symbolic tensors of traces that have ended, in an error or without one,
/// and of a trace that another thread is recording: none of them has a value.
std::vector<AnyCall> with_unusable_operands(const AnyCall &valid);

/// False where running the call would take more than some megabytes. What no machine holds fails at once.
bool is_quick(const AnyCall &call);

} // namespace etch::test
