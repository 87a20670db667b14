// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/build.h"

#include "ir/attrs.h"
#include "ir/types.h"
#include "ir/verify.h"

#include <llvm/ADT/StringMap.h>

namespace etch::ir {
namespace {

std::string qualified(const ops::OpDef &def) { return std::string("etch.") + def.name; }

/// What passes need to know of a call: it may write Variables, print and fail, so it stays and keeps its place.
constexpr ops::OpDef call_row() {
  ops::OpDef row{};
  row.name = "call";
  row.op_class = ops::OpClass::opaque;
  row.effect = ops::Effect::checks;
  row.operand_count = -1;
  row.may_fail = true;
  return row;
}
constexpr ops::OpDef kCallRow = call_row();

llvm::StringMap<const ops::OpDef *> rows_by_name() {
  llvm::StringMap<const ops::OpDef *> rows;
  rows[CallOp::getOperationName()] = &kCallRow;
  for (const ops::OpDef &def : ops::registry())
    rows[qualified(def)] = &def;
  return rows;
}

} // namespace

const ops::OpDef *def_of(mlir::Operation *op) {
  static const llvm::StringMap<const ops::OpDef *> rows = rows_by_name();
  return rows.lookup(op->getName().getStringRef());
}

mlir::Operation *build_op(mlir::OpBuilder &builder, mlir::Location location, const ops::OpDef &def,
                          mlir::ValueRange operands, const ops::Attrs &attrs) {
  const auto types = inferred_types(location, def, operands.getTypes(), attrs);
  if (!types)
    return nullptr;
  mlir::OperationState state(location, qualified(def));
  state.addOperands(operands);
  for (const ops::TensorType &type : *types)
    state.addTypes(to_mlir_type(builder.getContext(), type));
  state.attributes = to_named_attrs(builder.getContext(), def, attrs);
  return builder.create(state);
}

} // namespace etch::ir
