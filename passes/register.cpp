// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/passes.h"

#include "mlir/Pass/PassRegistry.h"

namespace etch::passes {

void register_passes() {
  mlir::registerPass([] { return create_build_gradient(); });
  mlir::registerPass([] { return create_refs_to_values(); });
  mlir::registerPass([] { return create_expand_composites(); });
  mlir::registerPass([] { return create_split_reductions(); });
  mlir::registerPass([] { return create_simplify(); });
  mlir::registerPass([] { return create_prune_unused(); });
  mlir::registerPass([] { return create_fuse(); });
  mlir::registerPass([] { return create_plan_buffers(); });
}

} // namespace etch::passes
