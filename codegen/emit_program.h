// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "codegen/dim_table.h"
#include "codegen/target.h"

#include "mlir/IR/BuiltinOps.h"

namespace etch::codegen {

/// Replaces the specs of `module` by functions over scf, vector, arith and llvm, and its program by
/// `func @etch_main(%frame: !llvm.ptr)` (runtime/abi.h). Fills `dims` with the expressions that the frame must hold.
void emit_program(mlir::ModuleOp module, const Target &target, DimTable &dims);

/// The entry point's symbol.
inline constexpr const char *kEntryName = "etch_main";

} // namespace etch::codegen
