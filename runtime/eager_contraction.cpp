// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"
#include "runtime/contract.h"
#include "runtime/eager_dispatcher.h"
#include "support/require.h"

#include <algorithm>
#include <string_view>

namespace etch::runtime {
namespace {

// Strides count elements; they are 0 where an operand lacks the axis.
struct Axis {
  int64_t extent, a, b, c;
};

struct Axes {
  int count = 0;
  Axis axis[Shape::kMaxRank];

  void add(Axis next) {
    // Neighbours that one stride walks in every operand are one axis.
    if (next.extent == 1)
      return;
    if (count > 0) {
      Axis &last = axis[count - 1];
      if (last.a == next.a * next.extent && last.b == next.b * next.extent && last.c == next.c * next.extent) {
        last = {last.extent * next.extent, next.a, next.b, next.c};
        return;
      }
    }
    axis[count++] = next;
  }
  Axis last() const { return count > 0 ? axis[count - 1] : Axis{1, 0, 0, 0}; }
};

// One of "...mk", "...kn" and "...mn" with the tensor it describes.
struct Labelled {
  std::string_view letters;
  bool has_ellipsis = false;
  int rank = 0;
  int64_t dims[Shape::kMaxRank];
  int64_t strides[Shape::kMaxRank];

  Labelled(std::string_view term, const Shape &shape) : rank(shape.rank()) {
    has_ellipsis = term.starts_with("...");
    letters = term.substr(has_ellipsis ? 3 : 0);
    std::copy(shape.begin(), shape.end(), dims);
  }
  int ellipsis_rank() const { return rank - static_cast<int>(letters.size()); }
  /// -1 when the letter is not there.
  int axis_of(char letter) const {
    const size_t at = letters.find(letter);
    return at == std::string_view::npos ? -1 : ellipsis_rank() + static_cast<int>(at);
  }
  bool has(char letter) const { return axis_of(letter) >= 0; }
  int64_t stride_of(char letter) const {
    const int axis = axis_of(letter);
    return axis < 0 || dims[axis] == 1 ? 0 : strides[axis];
  }
  /// Of the ellipsis' axis that is `from_end` places before its last: the alignment of broadcasting.
  int64_t ellipsis_stride(int from_end) const {
    const int axis = ellipsis_rank() - 1 - from_end;
    return axis < 0 || dims[axis] == 1 ? 0 : strides[axis];
  }
};

struct Groups {
  Axes batch, m, n, k;
};

Groups group_axes(const Labelled &a, const Labelled &b, const Labelled &c) {
  Groups groups;
  for (int axis = 0; axis < c.ellipsis_rank(); ++axis) {
    const int from_end = c.ellipsis_rank() - 1 - axis;
    groups.batch.add({c.dims[axis], a.ellipsis_stride(from_end), b.ellipsis_stride(from_end), c.ellipsis_stride(from_end)});
  }
  for (int axis = c.ellipsis_rank(); axis < c.rank; ++axis) {
    const char letter = c.letters[static_cast<size_t>(axis - c.ellipsis_rank())];
    Axes &group = a.has(letter) && b.has(letter) ? groups.batch : a.has(letter) ? groups.m : groups.n;
    group.add({c.dims[axis], a.stride_of(letter), b.stride_of(letter), c.stride_of(letter)});
  }
  for (int axis = a.ellipsis_rank(); axis < a.rank; ++axis) {
    const char letter = a.letters[static_cast<size_t>(axis - a.ellipsis_rank())];
    if (c.has(letter))
      continue;
    ETCH_CHECK(b.has(letter)) << "a letter of one operand alone is summed";
    groups.k.add({a.dims[axis], a.stride_of(letter), b.stride_of(letter), 0});
  }
  return groups;
}

// One contraction for each position of the batch axes but the last.
void contract_batches(const Groups &groups, DType dtype, const char *a, const char *b, char *c) {
  const Axis batch = groups.batch.last(), m = groups.m.last(), n = groups.n.last(), k = groups.k.last();
  const ContractionShape shape{batch.extent, m.extent, n.extent, k.extent, batch.a, m.a, k.a,
                               batch.b,      k.b,      n.b,      batch.c,  m.c};
  const int64_t bytes = static_cast<int64_t>(size_of(dtype));
  const int outer = std::max(groups.batch.count - 1, 0);
  int64_t position[Shape::kMaxRank] = {};
  for (;;) {
    contract_plainly(contraction_element(dtype), shape, a, b, c);
    int axis = outer - 1;
    for (; axis >= 0; --axis) {
      const Axis &step = groups.batch.axis[axis];
      const int64_t moves = ++position[axis] < step.extent ? 1 : -(step.extent - 1);
      a += moves * step.a * bytes;
      b += moves * step.b * bytes;
      c += moves * step.c * bytes;
      if (moves == 1)
        break;
      position[axis] = 0;
    }
    if (axis < 0)
      return;
  }
}

} // namespace

Tensor run_contraction(const OpCall &call, const ops::TensorType &type) {
  const std::string_view spec = call.op.einsum;
  const size_t comma = spec.find(','), arrow = spec.find("->");
  Tensor operands[2] = {call.operands[0], call.operands[1]};
  Tensor result = allocate_tensor(type.dtype, type.shape(call.location), call.location);
  if (concrete(result).shape.size() == 0)
    return result;
  Labelled a(spec.substr(0, comma), concrete(operands[0]).shape);
  Labelled b(spec.substr(comma + 1, arrow - comma - 1), concrete(operands[1]).shape);
  Labelled c(spec.substr(arrow + 2), concrete(result).shape);
  row_major_strides(concrete(result).shape.dims(), c.strides);
  Groups groups;
  for (int attempt = 0;; ++attempt) {
    strides_of(concrete(operands[0]), a.strides);
    strides_of(concrete(operands[1]), b.strides);
    groups = group_axes(a, b, c);
    const bool fits = groups.m.count <= 1 && groups.n.count <= 1 && groups.k.count <= 1;
    if (fits && (groups.n.count == 0 || groups.n.last().c == 1))
      break;
    ETCH_CHECK(attempt == 0) << "the letters of " << spec << " must be adjacent in each operand";
    operands[0] = contiguous(operands[0]);
    operands[1] = contiguous(operands[1]);
  }
  contract_batches(groups, type.dtype, static_cast<const char *>(concrete(operands[0]).first),
                   static_cast<const char *>(concrete(operands[1]).first),
                   static_cast<char *>(mutable_elements(result)));
  return result;
}

} // namespace etch::runtime
