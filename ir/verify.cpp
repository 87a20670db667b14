// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/verify.h"

#include "ir/attrs.h"
#include "ir/types.h"

#include <mlir/IR/Diagnostics.h>

namespace etch::ir {
namespace {

bool may_be_equal(const ops::TensorType &a, const ops::TensorType &b) {
  if (a.dtype != b.dtype || a.dims.size() != b.dims.size())
    return false;
  ops::InferContext lenient(false);
  for (size_t i = 0; i < a.dims.size(); ++i)
    if (!lenient.equal(a.dims[i], b.dims[i], {}))
      return false;
  return true;
}

} // namespace

std::optional<std::vector<ops::TensorType>> inferred_types(mlir::Location location, const ops::OpDef &def,
                                                           mlir::TypeRange operands, const ops::Attrs &attrs) {
  std::vector<ops::TensorType> types;
  for (mlir::Type type : operands) {
    auto tensor = to_tensor_type_if_any(type);
    if (!tensor) {
      mlir::emitError(location) << def.name
                                << ": operand must be a tensor of a known element type, with #etch.dims where "
                                << "dimensions are unknown, got " << type;
      return std::nullopt;
    }
    types.push_back(std::move(*tensor));
  }
  ops::InferContext lenient(false);
  // Rules report by exceptions, which must not pass through LLVM's frames.
  try {
    return ops::infer(def, types, attrs, lenient, {});
  } catch (const Error &error) {
    mlir::emitError(location) << error.summary();
  } catch (const InternalError &error) {
    mlir::emitError(location) << error.what();
  }
  return std::nullopt;
}

llvm::LogicalResult verify_op(mlir::Operation *op, const ops::OpDef &def) {
  if (def.operand_count >= 0 && op->getNumOperands() != static_cast<unsigned>(def.operand_count))
    return op->emitOpError() << "takes " << def.operand_count << " operands, got " << op->getNumOperands();
  const auto attrs = attrs_if_valid(op->getAttrDictionary(), def);
  if (!attrs)
    return op->emitOpError("has attributes that its record does not describe");
  const auto types = inferred_types(op->getLoc(), def, op->getOperandTypes(), *attrs);
  if (!types)
    return mlir::failure();
  for (auto [inferred, result] : llvm::zip_equal(*types, op->getResultTypes())) {
    const auto declared = to_tensor_type_if_any(result);
    if (!declared || !may_be_equal(inferred, *declared))
      return op->emitOpError() << "must have result type " << to_mlir_type(op->getContext(), inferred) << ", got "
                               << result;
  }
  return mlir::success();
}

} // namespace etch::ir
