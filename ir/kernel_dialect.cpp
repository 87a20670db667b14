// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/kernel_dialect.h"

#include "ir/dialect.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"

#include "ir/exec_dialect_defs.cpp.inc"
#include "ir/kernel_dialect_defs.cpp.inc"

#define GET_OP_CLASSES
#include "ir/kernel_ops.cpp.inc"
#define GET_OP_CLASSES
#include "ir/exec_ops.cpp.inc"

void etch::ir::kernel::EtchKernelDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "ir/kernel_ops.cpp.inc"
      >();
}

void etch::ir::exec::EtchExecDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "ir/exec_ops.cpp.inc"
      >();
}
