// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/views.h"

#include "ir/attrs.h"
#include "ir/build.h"
#include "ir/types.h"

#include <algorithm>

namespace etch::passes {
namespace {

ops::TensorType type_of(mlir::Value value) { return ir::to_tensor_type(value.getType()); }

/// Same extents and strides once dimensions of extent one are left out.
bool same_order(const ops::IndexMap &a, const ops::IndexMap &b) {
  const auto significant = [](const ops::IndexMap &map) {
    std::vector<std::pair<ops::Dim, ops::Dim>> kept;
    for (size_t axis = 0; axis < map.sizes.size(); ++axis)
      if (!map.sizes[axis].is(1))
        kept.emplace_back(map.sizes[axis], map.strides[axis]);
    return kept;
  };
  return a.offset == b.offset && significant(a) == significant(b);
}

/// A prefix has its operand's strides, but not its size. Empty dims have no product where others are huge.
bool same_count(const ops::Dims &a, const ops::Dims &b) {
  const auto is_empty = [](const ops::Dims &dims) {
    return std::any_of(dims.begin(), dims.end(), [](const ops::Dim &dim) { return dim.is(0); });
  };
  return is_empty(a) || is_empty(b) ? is_empty(a) == is_empty(b) : ops::product(a) == ops::product(b);
}

} // namespace

bool is_view(mlir::Operation *op) {
  const ops::OpDef *def = ir::def_of(op);
  return def && def->op_class == ops::OpClass::movement && def->movement;
}

std::optional<ops::IndexMap> apply_view(mlir::Operation *op, const ops::IndexMap &source) {
  const ops::OpDef &def = *ir::def_of(op);
  return def.movement(source, type_of(op->getResult(0)), ir::attrs_of(op, def));
}

std::optional<ops::IndexMap> map_of(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  if (!op || !is_view(op))
    return ops::IndexMap::contiguous(type_of(value).dims);
  const auto source = map_of(op->getOperand(0));
  return source ? apply_view(op, *source) : std::nullopt;
}

bool keeps_order(mlir::Operation *op) {
  const ops::Dims result = type_of(op->getResult(0)).dims, operand = type_of(op->getOperand(0)).dims;
  auto map = apply_view(op, ops::IndexMap::contiguous(operand));
  return map && same_count(operand, result) && same_order(*map, ops::IndexMap::contiguous(result));
}

bool moves_nothing(mlir::Operation *op) {
  return is_view(op) && type_of(op->getOperand(0)) == type_of(op->getResult(0)) && keeps_order(op);
}

std::optional<ops::Dim> batch_stride(const ops::IndexMap &map, const ops::Dims &batch) {
  ops::Dims strides(batch.size(), ops::Dim(0));
  const size_t own = map.sizes.size() - 2;
  for (size_t axis = 0; axis < own; ++axis)
    if (!map.sizes[axis].is(1))
      strides[batch.size() - own + axis] = map.strides[axis];
  ops::Dim stride = 0;
  bool any = false;
  ops::Dim span = 1;
  for (size_t axis = batch.size(); axis-- > 0;) {
    if (batch[axis].is(1))
      continue;
    if (!any)
      stride = strides[axis];
    else if (strides[axis] != stride * span)
      return std::nullopt;
    span = span * batch[axis];
    any = true;
  }
  return stride;
}

mlir::Value build_copy(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value) {
  // The op that converts dtypes, to the dtype there already is.
  static const ops::OpDef &conversion =
      *std::find_if(ops::registry().begin(), ops::registry().end(), [](const ops::OpDef &def) { return def.converts; });
  return ir::build_op(builder, location, conversion, value, {ops::Attr(type_of(value).dtype)})->getResult(0);
}

ops::Attrs text_values(mlir::Operation *op) {
  const ops::OpDef &def = *ir::def_of(op);
  const ops::Attrs attrs = ir::attrs_of(op, def);
  ops::Attrs values;
  for (size_t i = 0; i < attrs.size(); ++i)
    if (def.attrs[i].in_text)
      values.push_back(attrs[i]);
  return values;
}

bool is_uniform(mlir::Operation *op) {
  if (!op || !is_free(op) || ir::def_of(op)->uses_position)
    return false;
  const ops::Attrs values = text_values(op);
  return values.size() == 1 && std::holds_alternative<ops::Scalar>(values[0]);
}

ops::Scalar uniform_value(mlir::Operation *op) { return std::get<ops::Scalar>(text_values(op)[0]); }

mlir::Value build_uniform(mlir::OpBuilder &builder, mlir::Location location, const ops::Dims &dims,
                          const ops::Scalar &value) {
  return ir::build_op(builder, location, *ops::find_op("full"), {}, {ops::Attr(dims), ops::Attr(value)})->getResult(0);
}

bool is_free(mlir::Operation *op) {
  const ops::OpDef *def = ir::def_of(op);
  return def && def->op_class == ops::OpClass::elementwise && def->operand_count == 0;
}

} // namespace etch::passes
