// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Operation.h"

#include <optional>

namespace etch::passes {

/// A movement that is only an index map over its operand.
bool is_view(mlir::Operation *op);
/// The map of a view's result, given the map of its operand; nullopt where strides cannot express it.
std::optional<ops::IndexMap> apply_view(mlir::Operation *op, const ops::IndexMap &source);
/// The map of a value over the memory that it is a view of; nullopt where strides cannot express it.
std::optional<ops::IndexMap> map_of(mlir::Value value);
/// A view whose result has its operand's elements in the same row-major order, whatever the operand is.
bool keeps_order(mlir::Operation *op);
/// A view that maps every index to itself.
bool moves_nothing(mlir::Operation *op);

/// The one stride that walks all batch dims (those before the last two) of a contraction operand in the order of the
/// result's; dims the operand lacks, or has with extent one, repeat. nullopt where there is no such stride.
std::optional<ops::Dim> batch_stride(const ops::IndexMap &map, const ops::Dims &batch);

/// An op that reads every element of `value` and gives it back: a view of its result starts from contiguous memory.
mlir::Value build_copy(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value);

/// Of an op without operands: the values its scalar text takes, before the position.
ops::Attrs text_values(mlir::Operation *op);

/// An op that fills its result with one known scalar.
bool is_uniform(mlir::Operation *op);
ops::Scalar uniform_value(mlir::Operation *op);
mlir::Value build_uniform(mlir::OpBuilder &builder, mlir::Location location, const ops::Dims &dims,
                          const ops::Scalar &value);

/// An op that reads no tensor (constants, positions, extents): cheaper to repeat than to store.
bool is_free(mlir::Operation *op);

} // namespace etch::passes
