// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Replaces every gradient op by the ops of the reverse mode over what a tape has noted before it.
//   %y = etch.mul %x, %x                                   ⇒   %y = etch.mul %x, %x
//   %0 = etch.gradient 0 of %y times %dy by %x : …             %a = etch.multiply_no_nan %x, %dy; …; %0 = etch.add %a,
//   %b
// Assumes ops as they were recorded: common terms that were merged before would be added up in another order than a
// tape in eager code does it. Expands composites that are differentiated through their expansions, of whatever is
// before a gradient. Guarantees that no gradient op and no mark of tapes is left.
#include "ir/build.h"
#include "ir/tensor_expr.h"
#include "passes/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace etch::passes {
namespace {

using namespace mlir;

class BuildGradient : public PassWrapper<BuildGradient, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(BuildGradient)
  StringRef getArgument() const final { return "etch-build-gradient"; }
  StringRef getDescription() const final { return "Replace gradients by the operations that compute them"; }

  void runOnOperation() override {
    Block &block = getOperation().front();
    llvm::SmallVector<ir::GradientOp> gradients(block.getOps<ir::GradientOp>());
    if (gradients.empty())
      return;
    for (ir::GradientOp gradient : gradients) { // the later ones may go through the earlier ones
      expand_composites(block, gradient);
      Operation *before = gradient->getPrevNode();
      OpBuilder builder(gradient);
      gradient->replaceAllUsesWith(ir::build_gradients(builder, gradient));
      if (Attribute unnoted = gradient->getAttr(ir::kUnnoted))
        for (Operation *made = before ? before->getNextNode() : &block.front(); made != gradient;
             made = made->getNextNode())
          made->setAttr(ir::kUnnoted, unnoted);
      gradient->erase();
    }
    for (Operation &op : block)
      op.removeAttr(ir::kUnnoted);
  }

private:
  /// Before the gradient: those of the callable, and those that earlier gradients are made of.
  static void expand_composites(Block &block, ir::GradientOp gradient) {
    for (auto it = block.begin(); &*it != gradient.getOperation();) {
      Operation *op = &*it++;
      const ops::OpDef *def = ir::def_of(op);
      if (!def || def->op_class != ops::OpClass::composite || *def->vjp != '\0')
        continue;
      Operation *before = op->getPrevNode();
      OpBuilder builder(op);
      op->replaceAllUsesWith(ir::widens(op) ? ir::expand_widened(builder, op) : ir::expand_composite(builder, op));
      const auto next = [&] { return before ? std::next(before->getIterator()) : block.begin(); };
      if (const Attribute unnoted = op->getAttr(ir::kUnnoted))
        for (auto made = next(); &*made != op; ++made)
          made->setAttr(ir::kUnnoted, unnoted);
      op->erase();
      it = next(); // expansions may have composites in them
    }
  }
};

} // namespace

std::unique_ptr<Pass> create_build_gradient() { return std::make_unique<BuildGradient>(); }

} // namespace etch::passes
