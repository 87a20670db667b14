// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/dialect.h"
#include "ops/tensor_type.h"

#include <optional>

namespace etch::ir {

/// bool is i1, u8 is ui8, i8 … i64 are signless, f32 and f64 themselves.
mlir::Type to_element_type(mlir::MLIRContext *context, DType dtype);
/// nullopt for a type that is no element type.
std::optional<DType> to_dtype_if_any(mlir::Type type);
/// Requires an element type, or a vector of one.
DType to_dtype(mlir::Type type);

DimsAttr to_dims_attr(mlir::MLIRContext *context, const ops::Dims &dims);
ops::Dims to_dims(DimsAttr attr);

/// Unknown dimensions become dynamic ones with an #etch.dims encoding.
mlir::RankedTensorType to_mlir_type(mlir::MLIRContext *context, const ops::TensorType &type);
/// Of a ranked tensor or a ref. Requires what verify_op has checked: an element type, an encoding if dims are dynamic.
ops::TensorType to_tensor_type(mlir::Type type);
/// The same for any type; nullopt where the requirements do not hold.
std::optional<ops::TensorType> to_tensor_type_if_any(mlir::Type type);

} // namespace etch::ir
