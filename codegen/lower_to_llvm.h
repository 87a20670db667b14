// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "codegen/target.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

#include <memory>

namespace etch::codegen {

/// scf, vector, arith, math and func to the llvm dialect.
mlir::LogicalResult lower_to_llvm_dialect(mlir::ModuleOp module);
/// The llvm dialect to LLVM IR for `target`, cleaned up by a short pass list.
std::unique_ptr<llvm::Module> translate(mlir::ModuleOp module, llvm::LLVMContext &context, const Target &target);
/// Machine code as an object file, or as assembly text.
llvm::SmallVector<char, 0> generate_code(llvm::Module &module, const Target &target, bool assembly);

} // namespace etch::codegen
