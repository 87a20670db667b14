// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

namespace etch::ops {

inline Dim elements(const TensorType &type) { return product(type.dims); }

/// The arithmetic operations of one call of an Opaque op, as its record says; 0 where it says nothing. Throws Error
/// (too_large) where they leave 64 bits. Generated from the op table.
Dim operation_count(const InferCall &call, const TensorType &result);

} // namespace etch::ops
