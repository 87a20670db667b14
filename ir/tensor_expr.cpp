// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/tensor_expr.h"

#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/types.h"
#include "ops/expansions.h"
#include "support/require.h"

namespace etch::ir {
namespace {

using namespace mlir;

/// The reading of expansions that builds ops: an SSA value.
class TensorExpr : public expansion::DimsOfReading<TensorExpr> {
public:
  class Context {
  public:
    using Tensor = TensorExpr;
    Context(OpBuilder &builder, mlir::Location location) : builder_(builder), location_(location) {}

    TensorExpr emit(const ops::OpDef &op, const std::vector<TensorExpr> &operands, const ops::Attrs &attrs) {
      llvm::SmallVector<Value> values;
      for (const TensorExpr &operand : operands)
        values.push_back(operand.value());
      Operation *built = build_op(builder_, location_, op, values, attrs);
      ETCH_CHECK(built) << "an expansion breaks the rule of " << op.name;
      return TensorExpr(*this, built->getResult(0));
    }

  private:
    OpBuilder &builder_;
    mlir::Location location_;
  };

  TensorExpr(Context &context, Value value)
      : context_(&context), value_(value), type_(to_tensor_type(value.getType())) {}
  DType dtype() const { return type_.dtype; }
  const ops::Dims &dims() const { return type_.dims; }
  Value value() const { return value_; }
  Context &context() const { return *context_; }

private:
  Context *context_;
  Value value_;
  ops::TensorType type_;
};

std::vector<TensorExpr> operands_of(TensorExpr::Context &context, Operation *op) {
  std::vector<TensorExpr> operands;
  for (Value operand : op->getOperands())
    operands.emplace_back(context, operand);
  return operands;
}

} // namespace

llvm::SmallVector<Value> expand_composite(OpBuilder &builder, Operation *op) {
  const ops::OpDef &def = *def_of(op);
  TensorExpr::Context context(builder, op->getLoc());
  const std::vector<TensorExpr> operands = operands_of(context, op);
  return {expansion::expand<TensorExpr>(def, context, operands, attrs_of(op, def)).value()};
}

bool widens(Operation *op) {
  const ops::OpDef *def = def_of(op);
  return def && def->widens && llvm::any_of(op->getOperandTypes(), [](Type type) { return is_half(to_dtype(type)); });
}

llvm::SmallVector<Value> expand_widened(OpBuilder &builder, Operation *op) {
  static const ops::OpDef &cast = *ops::find_op("cast");
  const auto cast_to = [&](Value value, DType dtype) {
    return build_op(builder, op->getLoc(), cast, value, ops::Attrs{dtype})->getResult(0);
  };
  llvm::SmallVector<Value> operands(op->getOperands());
  for (Value &operand : operands)
    if (is_half(to_dtype(operand.getType())))
      operand = cast_to(operand, DType::f32);
  const ops::OpDef &def = *def_of(op);
  Operation *wide = build_op(builder, op->getLoc(), def, operands, attrs_of(op, def));
  ETCH_CHECK(wide) << def.name << " takes f16 but not f32";
  llvm::SmallVector<Value> results(wide->getResults());
  for (auto [result, narrow] : llvm::zip(results, op->getResultTypes()))
    if (is_half(to_dtype(narrow)))
      result = cast_to(result, to_dtype(narrow));
  return results;
}

llvm::SmallVector<Value> build_vjp(OpBuilder &builder, Operation *op, Value result_gradient) {
  const ops::OpDef &def = *def_of(op);
  TensorExpr::Context context(builder, op->getLoc());
  const std::vector<TensorExpr> operands = operands_of(context, op);
  const TensorExpr y(context, op->getResult(0)), dy(context, result_gradient);
  std::vector<bool> needed;
  for (const TensorExpr &operand : operands)
    needed.push_back(is_floating(operand.dtype()));
  llvm::SmallVector<Value> gradients;
  for (const auto &gradient : expansion::vjp<TensorExpr>(def, context, operands, attrs_of(op, def), y, dy, needed))
    gradients.push_back(gradient ? gradient->value() : Value());
  return gradients;
}

} // namespace etch::ir
