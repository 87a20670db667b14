// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ir/dialect.h"

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

/// The attribute with the numbers of the tapes that have not noted an op though its operands depend on their sources.
inline constexpr const char *kUnnoted = "etch.unnoted";
bool is_unnoted(mlir::Operation *op, int64_t tape);
/// Builds what a gradient op stands for: the ops of the reverse mode over those before it in its block. Requires: no
/// composite among them that is differentiated through its expansion, no gradient op, and sources that are connected.
llvm::SmallVector<mlir::Value> build_gradients(mlir::OpBuilder &builder, GradientOp gradient);

} // namespace etch::ir
