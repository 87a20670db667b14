// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "codegen/compile.h"
#include "codegen/dim_table.h"
#include "codegen/target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

namespace etch::codegen {

/// What the phases hand on besides the module.
struct Pipeline {
  const CompileOptions &options;
  const Target &target;
  DimTable dims;
  std::vector<int> written_refs;
  llvm::LLVMContext llvm_context;
  std::unique_ptr<llvm::Module> llvm_module;
  llvm::SmallVector<char, 0> code;

  /// Runs every phase up to and including `last`; `done` sees the module after each one.
  void run(mlir::ModuleOp module, Phase last, llvm::function_ref<void(Phase)> done);
};

const char *name_of(Phase phase);

/// Runs passes, turning what they say on failure into an InternalError. Where there is a name, says on standard error
/// what each has taken.
void run_passes(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> fill,
                const std::string &logged_name = "");

/// "  kernel 0 (row): exp at model.cpp:12 in encoder, …": a line for each kernel of the fused function.
std::string kernels_text(mlir::ModuleOp module);

} // namespace etch::codegen
