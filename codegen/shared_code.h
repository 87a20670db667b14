// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "codegen/compile.h"

namespace etch::codegen {

/// What compile() gives, or has given for a module that reads the same: two wrappers of one lambda, or signatures that
/// differ in what does not matter, run the same machine code, which is freed with its last user. Thread-safe; threads
/// that compile the same at the same time may each do so, and keep one result.
Compiled compile_or_share(mlir::ModuleOp module, const CompileOptions &options);

} // namespace etch::codegen
