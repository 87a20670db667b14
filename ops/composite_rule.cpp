// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/result_bytes.h"
#include "ops/type_expr.h"

#include "support/require.h"

#include <algorithm>

namespace etch::ops {
namespace {

TypeExpr expanded(TypeExpr::Context &context, const InferCall &call) {
  std::vector<TypeExpr> operands;
  for (const TensorType &type : call.types)
    operands.emplace_back(context, type);
  return expansion::expand<TypeExpr>(call.op, context, operands, call.attrs);
}

} // namespace

TypeExpr TypeExpr::Context::emit(const OpDef &op, const std::vector<TypeExpr> &operands, const Attrs &attrs) {
  std::vector<TensorType> types;
  for (const TypeExpr &operand : operands)
    types.push_back(operand.type());
  try {
    TensorType result = infer_inner(op, types, attrs, call_.context, call_.location).at(0);
    note_bytes(op, types, attrs, result);
    return {*this, std::move(result)};
  } catch (const Error &error) {
    throw renamed(error, op, call_.op);
  }
}

void TypeExpr::Context::note_bytes(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs,
                                   const TensorType &result) {
  const std::optional<int64_t> bytes = byte_count(result);
  if (!bytes && !too_large_)
    too_large_ = result;
  if (!most_bytes_written_)
    return;
  const bool is_view = op.op_class == OpClass::movement && op.movement;
  const bool is_composite = op.op_class == OpClass::composite;
  const int64_t written = is_view        ? 0
                          : is_composite ? ops::most_bytes_written(op, types, attrs)
                                         : bytes.value_or(INT64_MAX);
  *most_bytes_written_ = std::max(*most_bytes_written_, written);
}

void TypeExpr::Context::check_intermediates(const TensorType &last) const {
  ETCH_REQUIRE(!too_large_ || !byte_count(last), ErrorCode::too_large, call_.location)
      << call_.op.name << ": intermediate results must have fewer than 2^63 bytes, got " << too_large_->message_text();
}

int64_t most_bytes_written(const OpDef &composite, std::span<const TensorType> types, const Attrs &attrs) {
  int64_t most = 0;
  InferContext assumptions(/*strict=*/false);
  const InferCall call{composite, types, attrs, assumptions, {}};
  TypeExpr::Context context(call, &most);
  expanded(context, call);
  return most;
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
  TensorType result = expanded(context, call).type();
  context.check_intermediates(result);
  return {std::move(result)};
}

} // namespace etch::ops
