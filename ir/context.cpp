// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/context.h"

#include "ir/dialect.h"
#include "ir/kernel_dialect.h"

#include <mlir/Dialect/Func/IR/FuncOps.h>
#include <mlir/IR/MLIRContext.h>

namespace etch::ir {

void ContextDeleter::operator()(mlir::MLIRContext *context) const { delete context; }

ContextPtr make_context() {
  ContextPtr context(new mlir::MLIRContext(mlir::MLIRContext::Threading::DISABLED));
  context->loadDialect<EtchDialect, kernel::EtchKernelDialect, exec::EtchExecDialect, mlir::func::FuncDialect>();
  return context;
}

} // namespace etch::ir
