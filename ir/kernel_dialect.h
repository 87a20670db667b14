// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/dialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "ir/kernel_dialect_decls.h.inc"
#include "ir/exec_dialect_decls.h.inc"

#define GET_OP_CLASSES
#include "ir/kernel_ops.h.inc"
#define GET_OP_CLASSES
#include "ir/exec_ops.h.inc"
