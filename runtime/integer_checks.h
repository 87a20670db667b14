// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <etch/environment.h>
#include <etch/tensor.h>

#include <span>

namespace etch::runtime {

/// Calls the op's integer check through the thread's Dispatcher, so that a trace has it, too. Floats and operands that
/// the op itself refuses pass. Requires: the op has a check. Throws Error (invalid_argument) for the first bad element.
void check_integers(const ops::OpDef &op, std::span<const Tensor> operands, Location location);

} // namespace etch::runtime
