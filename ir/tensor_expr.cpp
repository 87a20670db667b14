// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/tensor_expr.h"

#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/types.h"
#include "ops/expansions.h"
#include "ops/reverse_mode.h"
#include "support/require.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>

#include <deque>

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

/// The ops of a block before a gradient, as the reverse mode reads them.
class BlockReading {
public:
  using Reading = TensorExpr;

  BlockReading(OpBuilder &builder, GradientOp gradient) : builder_(builder) {
    for (Operation &op : *gradient->getBlock()) {
      if (&op == gradient.getOperation())
        break;
      const ops::OpDef *def = def_of(&op);
      if (!def || op.getNumResults() != 1 || is_unnoted(&op, static_cast<int64_t>(gradient.getTape())))
        continue;
      const bool reads = def->effect == ops::Effect::reads_variable;
      const bool passes = reads || (*def->vjp != '\0' && is_floating(to_dtype(op.getResult(0).getType())));
      if (!passes)
        continue;
      Call call{&op, {}, {number(op.getResult(0))}};
      for (Value operand : op.getOperands())
        call.operands.push_back(number(operand));
      calls_.push_back(std::move(call));
    }
  }

  /// Of a value, which it enters with its first use.
  int number(Value value) { return numbers_.try_emplace(value, static_cast<int>(numbers_.size())).first->second; }

  size_t call_count() const { return calls_.size(); }
  size_t value_count() const { return numbers_.size(); }
  std::span<const int> operands(size_t call) const { return calls_[call].operands; }
  std::span<const int> results(size_t call) const { return calls_[call].results; }
  bool connects(size_t, size_t, size_t) const { return true; }
  bool continues_sums(size_t) const { return false; }
  std::vector<std::optional<TensorExpr>> vjp(size_t index, std::span<const std::optional<TensorExpr>> dys,
                                             std::span<const std::optional<TensorExpr>>,
                                             const std::vector<bool> &needed) {
    Operation *op = calls_[index].op;
    const ops::OpDef &def = *def_of(op);
    TensorExpr::Context &context = context_at(op->getLoc());
    const TensorExpr dy(context, dys.front()->value());
    if (def.effect == ops::Effect::reads_variable)
      return {dy};
    const std::vector<TensorExpr> operands = operands_of(context, op);
    return expansion::vjp<TensorExpr>(def, context, operands, attrs_of(op, def), TensorExpr(context, op->getResult(0)),
                                      dy, needed);
  }
  TensorExpr::Context &context_at(mlir::Location location) { return contexts_.emplace_back(builder_, location); }

private:
  struct Call {
    Operation *op;
    std::vector<int> operands, results;
  };

  OpBuilder &builder_;
  std::vector<Call> calls_;
  llvm::DenseMap<Value, int> numbers_;
  std::deque<TensorExpr::Context> contexts_;
};

} // namespace

bool is_unnoted(Operation *op, int64_t tape) {
  const auto tapes = op->getAttrOfType<DenseI64ArrayAttr>(kUnnoted);
  return tapes && llvm::is_contained(tapes.asArrayRef(), tape);
}

llvm::SmallVector<Value> build_gradients(OpBuilder &builder, GradientOp gradient) {
  BlockReading reading(builder, gradient);
  TensorExpr::Context &context = reading.context_at(gradient.getLoc());
  std::vector<std::pair<int, TensorExpr>> seeds;
  for (auto [target, seed] : llvm::zip(gradient.getTargets(), gradient.getSeeds()))
    seeds.emplace_back(reading.number(target), TensorExpr(context, seed));
  std::vector<int> sources;
  for (Value source : gradient.getSources())
    sources.push_back(reading.number(source));
  llvm::SmallVector<Value> gradients;
  for (const auto &of_source : expansion::reverse_mode(reading, seeds, sources)) {
    ETCH_CHECK(of_source) << "a source of etch.gradient is not connected to its targets";
    gradients.push_back(of_source->value());
  }
  return gradients;
}

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
