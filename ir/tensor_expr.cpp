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

llvm::SmallVector<Value> build_vjp(OpBuilder &builder, Operation *op, Value result_gradient) {
  const ops::OpDef &def = *def_of(op);
  TensorExpr::Context context(builder, op->getLoc());
  const std::vector<TensorExpr> operands = operands_of(context, op);
  const TensorExpr y(context, op->getResult(0)), dy(context, result_gradient);
  llvm::SmallVector<Value> gradients;
  for (const auto &gradient : expansion::vjp<TensorExpr>(def, context, operands, attrs_of(op, def), y, dy))
    gradients.push_back(gradient ? gradient->value() : Value());
  return gradients;
}

} // namespace etch::ir
