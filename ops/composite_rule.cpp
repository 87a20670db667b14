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
    throw renamed(error, op, call_.op);
  }
}

Error renamed(const Error &error, const OpDef &inner, const OpDef &outer) {
  const std::string prefix = std::string(inner.name) + ": ";
  if (!error.summary().starts_with(prefix))
    return error;
  return Error(error.code(), outer.name + (": " + error.summary().substr(prefix.size())), error.location(),
               error.help());
}

std::vector<TensorType> rules::composite(const InferCall &call) {
  TypeExpr::Context context(call);
  std::vector<TypeExpr> operands;
  for (const TensorType &type : call.types)
    operands.emplace_back(context, type);
  return {expansion::expand<TypeExpr>(call.op, context, operands, call.attrs).type()};
}

} // namespace etch::ops
