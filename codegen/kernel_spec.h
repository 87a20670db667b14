// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/kernel_dialect.h"
#include "ops/index_map.h"

#include "mlir/IR/Builders.h"

namespace etch::codegen {

/// Builds the etch_kernel.spec of one cluster at `builder`: every tensor op becomes scalar text at one point of the
/// iteration space, every operand in memory a load with strides over that space. The spec's arguments are the
/// cluster's inputs, then its outputs.
ir::kernel::SpecOp build_kernel_spec(mlir::OpBuilder &builder, ir::kernel::ClusterOp cluster, llvm::StringRef name);

/// The spec that copies one operand of a concatenation to its place; arguments: operand, result.
ir::kernel::SpecOp build_copy_spec(mlir::OpBuilder &builder, mlir::Location location, DType dtype,
                                   const ops::IndexMap &source, const ops::IndexMap &destination, llvm::StringRef name);

/// The index map of a value inside a cluster over the memory it is a view of, which is returned too.
std::pair<mlir::Value, ops::IndexMap> view_of(mlir::Value value);

/// Joins neighbouring dimensions of a spec's space that every access walks as one, and drops those of extent one.
void collapse_space(ir::kernel::SpecOp spec);

} // namespace etch::codegen
