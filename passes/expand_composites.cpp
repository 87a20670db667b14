// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Replaces every composite op by the ops of its record's expansion, and gives reductions and the like of f16 and bf16
// their accumulators.
//   %0 = etch.softmax %x      ⇒   %m = etch.reduce_max %x; %s = etch.sub %x, %m; %e = etch.exp %s; …
//   %0 = etch.reduce_sum %h   ⇒   %x = etch.cast %h; %s = etch.reduce_sum %x; %0 = etch.cast %s      (%h f16, %x f32)
// Assumes that passes which want to recognise whole composites have run. Guarantees that none is left.
#include "ir/build.h"
#include "ir/tensor_expr.h"
#include "passes/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace etch::passes {
namespace {

using namespace mlir;

class ExpandComposites : public PassWrapper<ExpandComposites, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandComposites)
  StringRef getArgument() const final { return "etch-expand-composites"; }
  StringRef getDescription() const final { return "Replace composite ops by their expansions"; }

  void runOnOperation() override {
    Block &block = getOperation().front();
    // An expansion may contain composites: they are inserted before `op`, so restart there.
    for (auto it = block.begin(); it != block.end();) {
      Operation *op = &*it++;
      const ops::OpDef *def = ir::def_of(op);
      const bool widens = ir::widens(op);
      if (!widens && (!def || def->op_class != ops::OpClass::composite))
        continue;
      Operation *before = op->getPrevNode();
      OpBuilder builder(op);
      op->replaceAllUsesWith(widens ? ir::expand_widened(builder, op) : ir::expand_composite(builder, op));
      op->erase();
      it = before ? std::next(before->getIterator()) : block.begin();
    }
  }
};

} // namespace

std::unique_ptr<Pass> create_expand_composites() { return std::make_unique<ExpandComposites>(); }

} // namespace etch::passes
