// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/strided_copy.h"

#include "runtime/thread_pool.h"

#include <algorithm>
#include <cstring>

namespace etch::runtime {
namespace {

// Square tiles of a transpose: two of 8-byte elements fill half of a first-level cache.
constexpr int64_t kTile = 32;
constexpr int64_t kParallelElements = int64_t{1} << 16;

template <class T>
void gather_row(const T *in, int64_t stride, int64_t count, T *out) {
  if (stride == 1) {
    std::memcpy(out, in, static_cast<size_t>(count) * sizeof(T));
  } else if (stride == 0) {
    std::fill_n(out, count, *in);
  } else {
    for (int64_t i = 0; i < count; ++i)
      out[i] = in[i * stride];
  }
}

template <class T>
void gather(const StridedSpace &space, const T *in, int64_t begin, int64_t count, T *out) {
  if (space.rank == 0) {
    std::fill_n(out, count, *in);
    return;
  }
  const int last = space.rank - 1;
  int64_t position[Shape::kMaxRank];
  int64_t offset = 0;
  for (int axis = last; axis >= 0; --axis) {
    position[axis] = begin % space.dims[axis];
    begin /= space.dims[axis];
    offset += position[axis] * space.strides[axis];
  }
  while (true) {
    const int64_t row = std::min(space.dims[last] - position[last], count);
    gather_row(in + offset, space.strides[last], row, out);
    out += row;
    count -= row;
    if (count == 0)
      return;
    offset -= position[last] * space.strides[last];
    position[last] = 0;
    for (int axis = last - 1; axis >= 0; --axis) {
      offset += space.strides[axis];
      if (++position[axis] < space.dims[axis])
        break;
      offset -= position[axis] * space.strides[axis];
      position[axis] = 0;
    }
  }
}

template <class F>
void with_element_type(size_t element_bytes, F &&f) {
  switch (element_bytes) {
  case 1:
    return f(uint8_t{});
  case 2:
    return f(uint16_t{});
  case 4:
    return f(uint32_t{});
  default:
    return f(uint64_t{});
  }
}

// A copy whose reads are adjacent along `axis` and whose writes are adjacent along the last one. A unit of work is one
// band of kTile positions of `axis`, for one position of all further axes.
template <class T>
struct Transpose {
  const StridedSpace &space;
  int axis;
  const T *in;
  T *out;

  int64_t bands() const { return (space.dims[axis] + kTile - 1) / kTile; }
  int64_t units() const { return bands() * (space.size() / space.dims[axis] / space.dims[space.rank - 1]); }

  void run_unit(int64_t unit) const {
    const int last = space.rank - 1;
    const int64_t columns = space.dims[last];
    const int64_t first_row = unit % bands() * kTile;
    const int64_t rows = std::min(kTile, space.dims[axis] - first_row);
    int64_t rest = unit / bands();
    int64_t in_offset = first_row;
    int64_t out_offset = 0;
    int64_t out_stride = columns;
    int64_t row_stride = 0;
    for (int d = last - 1; d >= 0; --d) {
      if (d == axis) {
        row_stride = out_stride;
        out_offset += first_row * row_stride;
      } else {
        in_offset += rest % space.dims[d] * space.strides[d];
        out_offset += rest % space.dims[d] * out_stride;
        rest /= space.dims[d];
      }
      out_stride *= space.dims[d];
    }
    const int64_t in_stride = space.strides[last];
    for (int64_t begin = 0; begin < columns; begin += kTile) {
      const int64_t end = std::min(begin + kTile, columns);
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t column = begin; column < end; ++column)
          out[out_offset + row * row_stride + column] = in[in_offset + row + column * in_stride];
    }
  }

  static void run(void *context, int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit)
      static_cast<const Transpose *>(context)->run_unit(unit);
  }
};

// The axis along which reads are adjacent, where the last one is not it; else -1.
int transposed_axis(const StridedSpace &space) {
  const int last = space.rank - 1;
  if (last < 1 || space.strides[last] == 1 || space.strides[last] == 0 || space.dims[last] < 4)
    return -1;
  for (int axis = last - 1; axis >= 0; --axis)
    if (space.strides[axis] == 1 && space.dims[axis] >= 4)
      return axis;
  return -1;
}

struct Gather {
  const StridedSpace &space;
  size_t element_bytes;
  const void *in;
  char *out;

  static void run(void *context, int64_t begin, int64_t end) {
    const Gather &self = *static_cast<const Gather *>(context);
    gather_elements(self.space, self.element_bytes, self.in, begin, end - begin,
                    self.out + begin * static_cast<int64_t>(self.element_bytes));
  }
};

} // namespace

StridedSpace::StridedSpace(std::span<const int64_t> all_dims, const int64_t *all_strides) {
  for (size_t axis = 0; axis < all_dims.size(); ++axis) {
    if (all_dims[axis] == 1)
      continue;
    if (rank > 0 && strides[rank - 1] == all_strides[axis] * all_dims[axis]) {
      dims[rank - 1] *= all_dims[axis];
      strides[rank - 1] = all_strides[axis];
    } else {
      dims[rank] = all_dims[axis];
      strides[rank++] = all_strides[axis];
    }
  }
}

int64_t StridedSpace::size() const {
  int64_t count = 1;
  for (int axis = 0; axis < rank; ++axis)
    count *= dims[axis];
  return count;
}

void gather_elements(const StridedSpace &space, size_t element_bytes, const void *in, int64_t begin, int64_t count,
                     void *out) {
  if (count == 0)
    return;
  with_element_type(element_bytes, [&](auto element) {
    using T = decltype(element);
    gather(space, static_cast<const T *>(in), begin, count, static_cast<T *>(out));
  });
}

void copy_strided(const StridedSpace &space, size_t element_bytes, const void *in, void *out) {
  const int64_t count = space.size();
  if (count == 0)
    return;
  if (const int axis = transposed_axis(space); axis >= 0) {
    with_element_type(element_bytes, [&](auto element) {
      using T = decltype(element);
      Transpose<T> transpose{space, axis, static_cast<const T *>(in), static_cast<T *>(out)};
      const int64_t unit_elements = kTile * space.dims[space.rank - 1];
      parallel_for(transpose.units(), kParallelElements / 2 / unit_elements + 1, Transpose<T>::run, &transpose);
    });
    return;
  }
  Gather gather{space, element_bytes, in, static_cast<char *>(out)};
  parallel_for(count, kParallelElements / 2, Gather::run, &gather);
}

} // namespace etch::runtime
