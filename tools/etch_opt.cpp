// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch-opt: runs any pass of etch on a file, as mlir-opt does. `-etch-fuse file.mlir`, `--help` lists them.
#include "ir/type_id.h"

#include "codegen/lower_to_kernels.h"
#include "ir/dialect.h"
#include "ir/kernel_dialect.h"
#include "passes/passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry
      .insert<etch::ir::EtchDialect, etch::ir::kernel::EtchKernelDialect, etch::ir::exec::EtchExecDialect,
              mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect, mlir::func::FuncDialect, mlir::LLVM::LLVMDialect,
              mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
  etch::passes::register_passes();
  mlir::registerPass([] { return etch::codegen::create_lower_to_kernels(); });
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "etch pass driver\n", registry));
}
