// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <mlir/IR/Operation.h>

#include <optional>
#include <vector>

namespace etch::ir {

/// The result types of an op of the table by its shape rule, symbols assumed to agree where they may. Emits the rule's
/// message at `location` and returns nullopt where the rule is broken.
std::optional<std::vector<ops::TensorType>> inferred_types(mlir::Location location, const ops::OpDef &def,
                                                           mlir::TypeRange operands, const ops::Attrs &attrs);

/// The verifier of every op of the table: operands and attributes obey the record, and the declared result type is the
/// inferred one, where dimensions that may be equal count as equal (guards at entry check them).
llvm::LogicalResult verify_op(mlir::Operation *op, const ops::OpDef &def);

} // namespace etch::ir
