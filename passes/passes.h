// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "mlir/Pass/Pass.h"

#include <memory>
#include <span>
#include <string_view>

namespace etch::passes {

std::unique_ptr<mlir::Pass> create_build_gradient();
std::unique_ptr<mlir::Pass> create_refs_to_values();
std::unique_ptr<mlir::Pass> create_expand_composites();
std::unique_ptr<mlir::Pass> create_split_reductions();
std::unique_ptr<mlir::Pass> create_simplify();
std::unique_ptr<mlir::Pass> create_prune_unused();
std::unique_ptr<mlir::Pass> create_fuse(bool merge = true);
std::unique_ptr<mlir::Pass> create_plan_buffers(bool reuse = true);

/// For etch-opt: makes every pass known by its -etch-… name.
void register_passes();

} // namespace etch::passes
