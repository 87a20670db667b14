// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/kernel_dialect.h"

#include "mlir/IR/Builders.h"

namespace etch::codegen {

/// A contraction cluster that only stores its sums: the runtime's own micro-kernel does that.
bool only_contracts(ir::kernel::ClusterOp cluster);

/// The etch_exec.contract of a contraction cluster whose body became `kernel` (null where it only contracts); buffers
/// are the cluster's inputs, then its outputs.
void launch_contraction(mlir::OpBuilder &builder, ir::kernel::ClusterOp cluster, mlir::StringAttr kernel,
                        llvm::ArrayRef<mlir::Value> buffers);

/// The strides of a contraction operand as the macro-kernel takes them: batch, row, column, then the offset; nullopt
/// where the batch dimensions cannot be walked with one stride.
std::optional<ops::Dims> contraction_strides(const ops::IndexMap &map, const ops::Dims &batch, bool transposed);

} // namespace etch::codegen
