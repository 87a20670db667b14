// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/dim.h"

#include "mlir/IR/BuiltinOps.h"

namespace etch::codegen {

/// How many arithmetic operations a call of @main takes as it was recorded, over the symbols of its types; `module` is
/// consumed and holds no calls. Element-wise: the operations of the op's text for each element of the result, those of
/// rare branches left out, two for an fma. Contractions: two for each product. Reductions: one for each element that
/// goes in. Movements and changes of dtype: none. Composites: those of their expansion. Opaque ops: what the record
/// says. Throws Error (too_large) where they leave 64 bits.
ops::Dim count_operations(mlir::ModuleOp module);

} // namespace etch::codegen
