// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <mlir/IR/Builders.h>

namespace etch::ir {

/// The op table's row for an op of the etch dialect, or one like it for a call; null for all other ops.
const ops::OpDef *def_of(mlir::Operation *op);

/// Makes an op of the table with inferred result types. Null, with the error emitted at `location`, where the record's
/// shape rule is broken.
mlir::Operation *build_op(mlir::OpBuilder &builder, mlir::Location location, const ops::OpDef &def,
                          mlir::ValueRange operands, const ops::Attrs &attrs);

} // namespace etch::ir
