// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi.h"
#include "runtime/executable.h"
#include "runtime/print_buffer.h"

#include <etch/tensor.h>

#include <span>

namespace etch::runtime {

/// Runs compiled code. Inputs must be concrete and have the dtypes and the static dimensions of executable.inputs, and
/// the guards must hold: nothing is checked here. Fills `outputs` with fresh tensors of executable.outputs' types.
/// When the returned status has an op_id other than kNoFailingOp (runtime/opaque.h), a check failed: outputs and prints
/// mean nothing then. Throws Error (too_large) when memory is short.
etch_status run_executable(const Executable &executable, std::span<const Tensor> inputs, std::span<Tensor> outputs,
                           PrintBuffer &prints, Location location = {});

} // namespace etch::runtime
