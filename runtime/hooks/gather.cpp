// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/opaque.h"
#include "runtime/thread_pool.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace etch::runtime::hooks {
namespace {

struct Slices {
  const char *params;
  const void *indices;
  char *out;
  bool wide; // i64 indices, else i32
  int64_t outer, extent, count;
  int64_t slice_bytes;

  int64_t index(int64_t position) const {
    return wide ? static_cast<const int64_t *>(indices)[position] : static_cast<const int32_t *>(indices)[position];
  }

  // A bad index reads element 0, so that memory stays safe until the failure is looked at.
  void copy(int64_t row) const {
    const int64_t chosen = index(row % count);
    const int64_t safe = chosen >= 0 && chosen < extent ? chosen : 0;
    std::memcpy(out + row * slice_bytes, params + (row / count * extent + safe) * slice_bytes,
                static_cast<size_t>(slice_bytes));
  }

  static void run(void *context, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      static_cast<const Slices *>(context)->copy(row);
  }
};

void check_indices(const OpaqueCall &call, const Slices &slices) {
  for (int64_t position = 0; position < slices.count; ++position) {
    const int64_t index = slices.index(position);
    if (index >= 0 && index < slices.extent)
      continue;
    report(call, kIndexOutOfRange, position);
    if (call.message)
      *call.message = std::string(call.op.name) + ": index must be in [0," + std::to_string(slices.extent) + "), got " +
                      std::to_string(index) + " at position " + std::to_string(position);
    return;
  }
}

} // namespace

void gather(const OpaqueCall &call) {
  const OpaqueBuffer &params = call.operands[0], &indices = call.operands[1], &result = call.results[0];
  const int64_t rank = static_cast<int64_t>(params.dims.size());
  const int64_t axis = std::get<int64_t>(call.attrs[0]);
  const size_t along = static_cast<size_t>(axis < 0 ? axis + rank : axis);
  Slices slices{};
  slices.params = params.as<const char>();
  slices.indices = indices.elements;
  slices.out = result.as<char>();
  slices.wide = indices.dtype == DType::i64;
  slices.extent = params.dims[along];
  slices.count = indices.size();
  check_indices(call, slices);
  if (result.size() == 0)
    return;
  if (params.size() == 0) {
    std::memset(slices.out, 0, static_cast<size_t>(result.size()) * size_of(result.dtype));
    return;
  }
  slices.outer = 1;
  for (size_t d = 0; d < along; ++d)
    slices.outer *= params.dims[d];
  slices.slice_bytes = params.size() / slices.outer / slices.extent * static_cast<int64_t>(size_of(params.dtype));
  parallel_for(slices.outer * slices.count, std::max<int64_t>(1, (int64_t{1} << 16) / slices.slice_bytes), Slices::run,
               &slices);
}

} // namespace etch::runtime::hooks
