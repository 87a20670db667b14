// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"
#include "runtime/eager_dispatcher.h"
#include "runtime/kernels/table.h"
#include "runtime/scratch.h"
#include "runtime/thread_pool.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace etch::runtime {
namespace {

// Elements that are worth waking a thread for.
constexpr int64_t kGrain = 32768;
// Columns that one call of a kernel takes: whole cache lines, several for each of its passes over the rows.
constexpr int64_t kColumns = 512;

/// Adjacent reduced axes of a row-major array, seen as its middle axis.
struct Group {
  const ReductionKernels &kernels;
  bool is_innermost; // no axis follows, not even one of extent 1
  int64_t outer, count, inner;
  int64_t element_bytes;
  const char *in;
  char *out;

  int64_t column_tiles() const { return (inner + kColumns - 1) / kColumns; }

  void run() {
    if (outer == 0 || inner == 0)
      return;
    if (is_innermost) {
      parallel_for(outer, kGrain / std::max<int64_t>(count, 1) + 1, run_rows, this);
    } else {
      const int64_t tile_elements = std::max<int64_t>(count, 1) * std::min(inner, kColumns);
      parallel_for(outer * column_tiles(), kGrain / tile_elements + 1, run_columns, this);
    }
  }

  static void run_rows(void *context, int64_t begin, int64_t end) {
    const Group &self = *static_cast<const Group *>(context);
    for (int64_t row = begin; row < end; ++row)
      self.kernels.row(self.count, self.out + row * self.element_bytes, self.in + row * self.count * self.element_bytes);
  }

  static void run_columns(void *context, int64_t begin, int64_t end) {
    const Group &self = *static_cast<const Group *>(context);
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t slab = tile / self.column_tiles();
      const int64_t column = tile % self.column_tiles() * kColumns;
      self.kernels.columns(self.count, std::min(kColumns, self.inner - column), self.inner,
                           self.out + (slab * self.inner + column) * self.element_bytes,
                           self.in + (slab * self.count * self.inner + column) * self.element_bytes);
    }
  }
};

struct Axis {
  int64_t extent;
  bool is_reduced;
};

int64_t product(const std::vector<Axis> &axes, size_t begin, size_t end) {
  int64_t count = 1;
  for (size_t axis = begin; axis < end; ++axis)
    count *= axes[axis].extent;
  return count;
}

} // namespace

// Group by group, from the innermost to the outermost: the order of docs/numerics.md.
Tensor run_reduction(const OpCall &call, const ops::TensorType &type) {
  ConcreteNode &source = concrete(call.operands[0]);
  Tensor result = allocate_tensor(type.dtype, type.shape(call.location), call.location);
  const int64_t bytes = static_cast<int64_t>(size_of(type.dtype));
  std::vector<Axis> axes;
  axes.reserve(static_cast<size_t>(source.shape.rank()));
  for (int64_t extent : source.shape)
    axes.push_back({extent, false});
  for (int64_t axis : ops::reduced_axes(call.attrs, source.shape.rank()))
    axes[static_cast<size_t>(axis)].is_reduced = true;

  const ReductionKernels &kernels = runtime::kernels().reduction(call.op.index, source.dtype);
  const char *in = static_cast<const char *>(source.contiguous_elements());
  std::optional<Scratch> partial[2];
  const size_t rank = axes.size();
  int turn = 0;
  for (size_t end = rank;; turn = 1 - turn) {
    while (end > 0 && !axes[end - 1].is_reduced)
      --end;
    size_t begin = end;
    while (begin > 0 && axes[begin - 1].is_reduced)
      --begin;
    const bool is_last = std::none_of(axes.begin(), axes.begin() + static_cast<long>(begin),
                                      [](const Axis &axis) { return axis.is_reduced; });
    // Without axes to reduce, each element is a row of its own.
    Group group{kernels, end == rank || end == 0, product(axes, 0, begin), product(axes, begin, end),
                product(axes, end, axes.size()), bytes, in, static_cast<char *>(mutable_elements(result))};
    if (end == 0) {
      group.outer = group.inner;
      group.inner = 1;
    }
    if (!is_last) {
      partial[turn].emplace(group.outer * group.inner * bytes);
      group.out = static_cast<char *>(partial[turn]->block());
    }
    group.run();
    if (is_last)
      return result;
    in = group.out;
    axes.erase(axes.begin() + static_cast<long>(begin), axes.begin() + static_cast<long>(end));
    end = begin;
  }
}

} // namespace etch::runtime
