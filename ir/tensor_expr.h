// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <mlir/IR/Builders.h>
#include <mlir/IR/Operation.h>

namespace etch::ir {

/// Builds what a composite op stands for at the builder's insertion point and returns the values that replace its
/// results. The ops carry the composite's location. Requires an op that its verifier accepts.
llvm::SmallVector<mlir::Value> expand_composite(mlir::OpBuilder &builder, mlir::Operation *op);

/// Whether the op computes with f16 or bf16 operands in f32.
bool widens(mlir::Operation *op);
/// Builds such an op on operands cast to f32, with its results of the narrow dtype cast back.
llvm::SmallVector<mlir::Value> expand_widened(mlir::OpBuilder &builder, mlir::Operation *op);

/// Builds the gradients of an op's operands, given the gradient of its result; a null value where there is none.
llvm::SmallVector<mlir::Value> build_vjp(mlir::OpBuilder &builder, mlir::Operation *op, mlir::Value result_gradient);

} // namespace etch::ir
