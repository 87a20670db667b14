// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Removes ops whose results nobody reads.
//   %0 = etch.exp %x     ⇒   (gone)
//   return %x                return %x
// Assumes gradients are built (they read forward values). Keeps ops with effects and ops that may fail: an unused
// gather with a bad index is an error in eager code, so it is one here. Guarantees that every pure op left is read.
#include "ir/build.h"
#include "passes/passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace etch::passes {
namespace {

using namespace mlir;

class PruneUnused : public PassWrapper<PruneUnused, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PruneUnused)
  StringRef getArgument() const final { return "etch-prune-unused"; }
  StringRef getDescription() const final { return "Remove ops whose results nobody reads"; }

  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(getOperation().front()))) {
      const ops::OpDef *def = ir::def_of(&op);
      if (def && def->effect == ops::Effect::none && !def->may_fail && op.use_empty())
        op.erase();
    }
  }
};

} // namespace

std::unique_ptr<Pass> create_prune_unused() { return std::make_unique<PruneUnused>(); }

} // namespace etch::passes
