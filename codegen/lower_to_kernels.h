// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "mlir/Pass/Pass.h"

#include <memory>

namespace etch::codegen {

/// Turns @main, fused and with planned buffers, into kernel specs and an etch_exec.program that launches them.
std::unique_ptr<mlir::Pass> create_lower_to_kernels();

} // namespace etch::codegen
