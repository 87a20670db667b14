// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/type_expr.h"

namespace etch::ops {

TypeExpr TypeExpr::Context::emit(const OpDef &op, const std::vector<TypeExpr> &operands, const Attrs &attrs) {
  std::vector<TensorType> types;
  for (const TypeExpr &operand : operands)
    types.push_back(operand.type());
  try {
    return {*this, infer(op, types, attrs, call_.context, call_.location).at(0)};
  } catch (const Error &error) {
    // The user called the composite and never heard of the op inside it.
    const std::string inner = std::string(op.name) + ": ";
    if (!error.summary().starts_with(inner))
      throw;
    throw Error(error.code(), call_.op.name + (": " + error.summary().substr(inner.size())), error.location(),
                error.help());
  }
}

std::vector<TensorType> rules::composite(const InferCall &call) {
  TypeExpr::Context context(call);
  std::vector<TypeExpr> operands;
  for (const TensorType &type : call.types)
    operands.emplace_back(context, type);
  return {expansion::expand<TypeExpr>(call.op, context, operands, call.attrs).type()};
}

} // namespace etch::ops
