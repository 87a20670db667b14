// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/ops/golden.h"

#include <mlir/IR/BuiltinOps.h>
#include <mlir/IR/OwningOpRef.h>

#include <string>
#include <vector>

namespace etch::ir {

/// A module whose function @main takes the golden's operands and returns the op's result; with `symbolic`, extents
/// above 1 are unknown. Null when the op's rule is broken.
mlir::OwningOpRef<mlir::ModuleOp> module_of(mlir::MLIRContext &context, const ops::Golden &golden,
                                            bool symbolic = false);

/// Every golden of the table, f32 where it names no dtype.
std::vector<ops::Golden> all_goldens();

std::string text_of(mlir::Operation *op);

} // namespace etch::ir
