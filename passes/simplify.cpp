// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cheap rewrites that keep every bit: movements that move nothing, movements of constants, casts to the same dtype, and
// common subexpressions.
//   %0 = etch.reshape %x : tensor<4xf32> -> tensor<4xf32>   ⇒   %x
//   %c = etch.full 0.5; %0 = etch.broadcast_to %c           ⇒   %0 = etch.full 0.5 of the result's shape
// Assumes nothing. One forward sweep, so linear; merges no op with effects.
#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/types.h"
#include "passes/passes.h"
#include "passes/views.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

namespace etch::passes {
namespace {

using namespace mlir;

class Simplify : public PassWrapper<Simplify, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Simplify)
  StringRef getArgument() const final { return "etch-simplify"; }
  StringRef getDescription() const final { return "Fold what is known and merge what is equal, bit for bit"; }

  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(getOperation().front())) {
      const ops::OpDef *def = ir::def_of(&op);
      if (!def || op.getNumResults() != 1)
        continue;
      if (Value replacement = fold(op, *def)) {
        op.getResult(0).replaceAllUsesWith(replacement);
        op.erase();
      }
    }
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }

private:
  static Value fold(Operation &op, const ops::OpDef &def) {
    if (def.op_class == ops::OpClass::movement)
      return fold_movement(op, def);
    if (def.converts && op.getOperand(0).getType() == op.getResult(0).getType())
      return op.getOperand(0);
    return {};
  }

  static Value fold_movement(Operation &op, const ops::OpDef &def) {
    if (def.operand_count == 1 && op.getOperand(0).getType() == op.getResult(0).getType() && moves_nothing(&op))
      return op.getOperand(0);
    Operation *constant = op.getNumOperands() ? op.getOperand(0).getDefiningOp() : nullptr;
    if (!is_uniform(constant))
      return {};
    for (Value operand : op.getOperands()) // concat of equal constants
      if (!is_uniform(operand.getDefiningOp()) || uniform_value(operand.getDefiningOp()) != uniform_value(constant))
        return {};
    OpBuilder builder(&op);
    return build_uniform(builder, op.getLoc(), ir::to_tensor_type(op.getResult(0).getType()).dims,
                         uniform_value(constant));
  }
};

} // namespace

std::unique_ptr<Pass> create_simplify() { return std::make_unique<Simplify>(); }

} // namespace etch::passes
