// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Splits a reduction over several groups of adjacent axes into one reduction per group, innermost first, as
// docs/numerics.md defines multi-axis reductions.
//   %0 = etch.reduce_sum %x {axes = [0, 2]} : tensor<4x5x6xf32>
//     ⇒   %a = etch.reduce_sum %x {axes = [2], keep_dims = true}; %0 = etch.reduce_sum %a {axes = [0], …}; reshape
// Guarantees that the axes of every reduction are given, ascending and adjacent.
#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/types.h"
#include "passes/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace etch::passes {
namespace {

using namespace mlir;

class SplitReductions : public PassWrapper<SplitReductions, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SplitReductions)
  StringRef getArgument() const final { return "etch-split-reductions"; }
  StringRef getDescription() const final { return "One reduction per group of adjacent axes, innermost first"; }

  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(getOperation().front())) {
      const ops::OpDef *def = ir::def_of(&op);
      if (def && def->op_class == ops::OpClass::reduction)
        split(op, *def);
    }
  }

private:
  static void split(Operation &op, const ops::OpDef &def) {
    ops::Attrs attrs = ir::attrs_of(&op, def);
    const ops::TensorType operand = ir::to_tensor_type(op.getOperand(0).getType());
    const ops::TensorType result = ir::to_tensor_type(op.getResult(0).getType());
    std::vector<int64_t> axes = ops::reduced_axes(attrs, operand.rank());
    if (axes.empty()) { // rank 0: reducing no axis folds one element, which is that element
      op.replaceAllUsesWith(ValueRange{op.getOperand(0)});
      op.erase();
      return;
    }
    std::vector<std::vector<int64_t>> groups;
    for (int64_t axis : axes) {
      if (groups.empty() || groups.back().back() + 1 != axis)
        groups.emplace_back();
      groups.back().push_back(axis);
    }
    const bool keep_dims = std::get<bool>(attrs[1]);
    if (groups.size() == 1 && axes == std::get<std::vector<int64_t>>(attrs[0]))
      return;
    OpBuilder builder(&op);
    Value value = op.getOperand(0);
    for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
      attrs[0] = *group;
      attrs[1] = keep_dims || groups.size() > 1;
      value = ir::build_op(builder, op.getLoc(), def, value, attrs)->getResult(0);
    }
    if (!keep_dims && groups.size() > 1)
      value = ir::build_op(builder, op.getLoc(), *ops::find_op("reshape"), value, {ops::Attr(result.dims)})->getResult(0);
    op.replaceAllUsesWith(ValueRange{value});
    op.erase();
  }
};

} // namespace

std::unique_ptr<Pass> create_split_reductions() { return std::make_unique<SplitReductions>(); }

} // namespace etch::passes
