// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi.h"
#include "runtime/executable.h"
#include "runtime/print_buffer.h"

#include <etch/tensor.h>

#include <cstdint>
#include <span>

namespace etch::runtime {

/// What becomes of an input's memory.
enum class InputMemory : uint8_t {
  kept,
  given, ///< an output may take it if nobody sees: the handle among the inputs is the only one
  taken, ///< it is an output's now, unless the call has failed
};

/// Runs compiled code. Inputs, whose handles must stay as they are meanwhile, must be concrete and have the dtypes and
/// the static dimensions of executable.inputs, and the guards must hold: nothing is checked here. Fills `outputs` with
/// tensors of executable.outputs' types. They are fresh, or in the memory of inputs that `memory`, if it is not empty,
/// says are given; it is told which are taken. When the returned status has an op_id other than kNoFailingOp
/// (runtime/opaque.h), a check failed: outputs and prints mean nothing then, and inputs are as they were. Throws Error
/// (too_large) when memory is short; inputs are as they were.
etch_status run_executable(const Executable &executable, std::span<const Tensor *const> inputs,
                           std::span<Tensor> outputs, PrintBuffer &prints, Location location = {},
                           std::span<InputMemory> memory = {});

} // namespace etch::runtime
