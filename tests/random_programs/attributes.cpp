// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/generate.h"

#include <algorithm>
#include <numeric>

namespace etch::test {
namespace {

using ops::AttrKind;
using ops::Dims;

std::vector<int64_t> extents_of(const ops::TensorType &type) {
  std::vector<int64_t> extents;
  for (const ops::Dim &dim : type.dims)
    extents.push_back(dim.value());
  return extents;
}

void shuffle(Random &random, std::vector<int64_t> &values) {
  for (size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
}

/// A permutation for movements, else axes to reduce; some of them counted from the end.
std::vector<int64_t> random_axes(Random &random, bool permutation, int rank) {
  std::vector<int64_t> axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), int64_t{0});
  if (permutation && random.chance(0.3))
    return {};
  shuffle(random, axes);
  if (!permutation)
    axes.resize(static_cast<size_t>(random.between(0, rank)));
  for (int64_t &axis : axes)
    if (random.chance(0.2))
      axis -= rank;
  return axes;
}

/// The same elements under other dimensions: neighbours joined, dimensions split, ones put in, one left to infer.
Dims refactored(Random &random, std::vector<int64_t> extents) {
  for (int step = static_cast<int>(random.between(1, 3)); step > 0; --step) {
    const size_t at = static_cast<size_t>(random.below(static_cast<int64_t>(extents.size())));
    if (extents.size() > 1 && random.chance(0.4)) {
      const size_t left = std::min(at, extents.size() - 2);
      extents[left] *= extents[left + 1];
      extents.erase(extents.begin() + static_cast<std::ptrdiff_t>(left) + 1);
    } else if (!extents.empty() && random.chance(0.6)) {
      const int64_t factor = random.pick<int64_t>({2, 3, 4, 5, 8});
      if (extents[at] % factor == 0 && extents[at]) {
        extents[at] /= factor;
        extents.insert(extents.begin() + static_cast<std::ptrdiff_t>(at) + random.between(0, 1), factor);
      }
    } else {
      extents.insert(extents.begin() + random.below(static_cast<int64_t>(extents.size()) + 1), 1);
    }
  }
  Dims dims(extents.begin(), extents.end());
  if (!dims.empty() && random.chance(0.3))
    dims[static_cast<size_t>(random.below(static_cast<int64_t>(dims.size())))] = -1;
  return dims;
}

/// What the operand could be broadcast to.
Dims widened(Random &random, const std::vector<int64_t> &extents, const std::vector<int64_t> &choices) {
  Dims dims;
  for (int64_t count = random.below(3); count > 0; --count)
    dims.push_back(random.pick(choices));
  for (const int64_t extent : extents)
    dims.push_back(extent == 1 && random.chance(0.7) ? random.pick(choices) : extent);
  return dims;
}

Dims random_shape(Random &random, const std::vector<int64_t> &choices) {
  Dims dims;
  for (int64_t count = random.below(4); count > 0; --count)
    dims.push_back(random.pick(choices));
  return dims;
}

/// Where a block of a tensor begins.
Dims block_begin(Random &random, const std::vector<int64_t> &extents) {
  Dims begin;
  for (const int64_t extent : extents)
    begin.push_back(random.chance(0.5) ? 0 : random.between(0, std::min<int64_t>(extent, 5)));
  return begin;
}

/// Its size; -1 reaches to the end.
Dims block_size(Random &random, const std::vector<int64_t> &extents, const Dims &begin) {
  Dims size;
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    const int64_t left = extents[axis] - begin[axis].value();
    size.push_back(random.chance(0.3) ? -1 : random.chance(0.5) ? left : random.between(0, left));
  }
  return size;
}

} // namespace

DType random_dtype(Random &random, uint16_t mask) {
  std::vector<DType> choices;
  for (int i = 0; i < kDTypeCount; ++i)
    if (mask >> i & 1)
      choices.push_back(static_cast<DType>(i));
  return random.pick(choices);
}

std::vector<DType> key_dtypes(const ops::OpDef &op) {
  if (op.operand_count == 0)
    return {DType::f32};
  const uint16_t mask = op.operand_dtypes[static_cast<size_t>(std::max(op.key_operand, 0))];
  std::vector<DType> dtypes;
  for (int i = 0; i < kDTypeCount; ++i)
    if (mask >> i & 1)
      dtypes.push_back(static_cast<DType>(i));
  return dtypes;
}

ops::Attrs random_attributes(Random &random, const ops::OpDef &op, const ops::TensorType *operand,
                             const std::vector<int64_t> &extents) {
  const std::vector<int64_t> own = operand ? extents_of(*operand) : std::vector<int64_t>{};
  const int rank = operand ? operand->rank() : 0;
  const bool moves = op.op_class == ops::OpClass::movement;
  const auto shapes = std::ranges::count(op.attrs, AttrKind::dims, &ops::AttrDef::kind);
  uint16_t common = 0xffff; // of all dtypes and scalars of one op: they must agree
  for (const ops::AttrDef &attr : op.attrs)
    if (attr.kind == AttrKind::dtype || attr.kind == AttrKind::scalar)
      common &= attr.dtypes;
  const bool adopts = op.dtype_attr < 0 && operand;
  const DType dtype =
      adopts && common >> static_cast<int>(operand->dtype) & 1 ? operand->dtype : random_dtype(random, common & 0x3ff);
  ops::Attrs attrs;
  for (const ops::AttrDef &attr : op.attrs) {
    switch (attr.kind) {
    case AttrKind::integer:
      attrs.emplace_back(random.between(-rank, std::max(rank - 1, 0)));
      break;
    case AttrKind::boolean:
      attrs.emplace_back(random.chance(0.5));
      break;
    case AttrKind::dtype:
      attrs.emplace_back(dtype);
      break;
    case AttrKind::integers:
      attrs.emplace_back(random_axes(random, moves, rank));
      break;
    case AttrKind::dims:
      if (!operand)
        attrs.emplace_back(random_shape(random, extents));
      else if (shapes == 1)
        attrs.emplace_back(random.chance(0.5) ? refactored(random, own) : widened(random, own, extents));
      else if (attrs.empty())
        attrs.emplace_back(block_begin(random, own));
      else
        attrs.emplace_back(block_size(random, own, std::get<Dims>(attrs[0])));
      break;
    case AttrKind::scalar:
      attrs.emplace_back(random_scalar(random, dtype, Elements::tame));
      break;
    case AttrKind::string:
      attrs.emplace_back(
          attr.choices.empty()
              ? std::string()
              : std::string(
                    attr.choices[static_cast<size_t>(random.below(static_cast<int64_t>(attr.choices.size())))]));
      break;
    case AttrKind::dim:
      attrs.emplace_back(ops::Dim(random.between(0, 9)));
      break;
    }
  }
  return attrs;
}

} // namespace etch::test
