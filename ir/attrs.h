// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/dialect.h"
#include "ops/op_def.h"

#include <optional>

namespace etch::ir {

mlir::TypedAttr to_typed_attr(mlir::MLIRContext *context, const ops::Scalar &scalar);
/// Requires a number of an element type.
ops::Scalar to_scalar(mlir::TypedAttr attr);

/// The attributes of a record under their names.
mlir::NamedAttrList to_named_attrs(mlir::MLIRContext *context, const ops::OpDef &def, const ops::Attrs &attrs);
/// The reverse; requires attributes that verify_op accepts.
ops::Attrs attrs_of(mlir::DictionaryAttr dictionary, const ops::OpDef &def);
ops::Attrs attrs_of(mlir::Operation *op, const ops::OpDef &def);
/// The reverse for unchecked attributes: nullopt where one is missing or of another kind.
std::optional<ops::Attrs> attrs_if_valid(mlir::DictionaryAttr dictionary, const ops::OpDef &def);

} // namespace etch::ir
