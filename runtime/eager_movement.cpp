// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"
#include "runtime/eager_dispatcher.h"
#include "runtime/strided_copy.h"

#include <cstring>

namespace etch::runtime {
namespace {

ops::IndexMap index_map_of(const ConcreteNode &node) {
  int64_t strides[Shape::kMaxRank];
  strides_of(node, strides);
  return {ops::Dims(node.shape.begin(), node.shape.end()), ops::Dims(strides, strides + node.shape.rank()),
          ops::Dim(offset_of(node))};
}

Tensor view_of(const Tensor &base, const ops::IndexMap &map, const Shape &shape) {
  int64_t strides[Shape::kMaxRank];
  for (size_t axis = 0; axis < map.strides.size(); ++axis)
    strides[axis] = map.strides[axis].value();
  return make_view(base, shape, map.offset.value(), {strides, map.strides.size()});
}

// Pieces follow each other along the only axis in which they differ from the result.
Tensor concatenate(const OpCall &call, const Shape &shape, DType dtype) {
  Tensor result = allocate_tensor(dtype, shape, call.location);
  if (shape.size() == 0)
    return result;
  int axis = 0;
  for (const Tensor &piece : call.operands)
    for (int d = 0; d < shape.rank(); ++d)
      if (concrete(piece).shape[d] != shape[d])
        axis = d;
  int64_t outer = 1, inner = static_cast<int64_t>(size_of(dtype));
  for (int d = 0; d < axis; ++d)
    outer *= shape[d];
  for (int d = axis + 1; d < shape.rank(); ++d)
    inner *= shape[d];
  const int64_t row_bytes = shape.rank() == 0 ? inner : shape[axis] * inner;
  char *out = static_cast<char *>(mutable_elements(result));
  for (const Tensor &piece : call.operands) {
    ConcreteNode &node = concrete(piece);
    const int64_t piece_bytes = node.shape[axis] * inner;
    if (piece_bytes == 0)
      continue;
    const char *in = static_cast<const char *>(node.contiguous_elements());
    for (int64_t row = 0; row < outer; ++row)
      std::memcpy(out + row * row_bytes, in + row * piece_bytes, static_cast<size_t>(piece_bytes));
    out += piece_bytes;
  }
  return result;
}

} // namespace

Tensor run_movement(const OpCall &call, const ops::TensorType &type) {
  const Shape shape = type.shape(call.location);
  if (!call.op.movement)
    return concatenate(call, shape, type.dtype);
  const Tensor &source = call.operands[0];
  if (std::optional<ops::IndexMap> map = call.op.movement(index_map_of(concrete(source)), type, call.attrs))
    return view_of(source, *map, shape);
  // Some groupings of a strided tensor's elements have no strides of their own; those of a row-major one always have.
  const Tensor rows = contiguous(source);
  std::optional<ops::IndexMap> map = call.op.movement(index_map_of(concrete(rows)), type, call.attrs);
  if (!map)
    map = ops::IndexMap::contiguous(type.dims);
  return view_of(rows, *map, shape);
}

} // namespace etch::runtime
