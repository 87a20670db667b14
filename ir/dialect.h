// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/type_id.h"
#include "ops/op_def.h"

#include <mlir/Bytecode/BytecodeOpInterface.h>
#include <mlir/IR/BuiltinAttributes.h>
#include <mlir/IR/BuiltinTypes.h>
#include <mlir/IR/Dialect.h>
#include <mlir/IR/OpDefinition.h>
#include <mlir/IR/OpImplementation.h>
#include <mlir/IR/TensorEncoding.h>
#include <mlir/Interfaces/SideEffectInterfaces.h>

namespace etch::ir {

/// What prints and value checks write to: keeps them in program order.
struct Stream : mlir::SideEffects::Resource::Base<Stream> {
  llvm::StringRef getName() final { return "etch::Stream"; }
};

} // namespace etch::ir

#include "ir/etch_dialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/etch_attrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "ir/etch_types.h.inc"

#define GET_OP_CLASSES
#include "ir/etch_ops.h.inc"
