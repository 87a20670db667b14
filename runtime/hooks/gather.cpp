// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/hooks/axis.h"
#include "runtime/hooks/indices.h"
#include "runtime/thread_pool.h"

#include <algorithm>
#include <cstring>

namespace etch::runtime::hooks {
namespace {

constexpr int64_t kGrainBytes = 1 << 16;

/// out(o, i, j) = x(o, indices(o, i, j), j) for elements that are `Bits` wide.
template <class Bits>
void take(const OpaqueBuffer &x, const OpaqueBuffer &result, const Indices &indices, int64_t axis) {
  const Axis from(x.dims, axis), to(result.dims, axis);
  const Bits *in = x.as<const Bits>();
  Bits *out = result.as<Bits>();
  const int64_t inner = to.inner;
  const auto rows = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t j = 0; j < inner; ++j) {
        const int64_t index = indices[row * inner + j];
        out[row * inner + j] = index < 0 ? Bits{0} : in[(row / to.extent * from.extent + index) * inner + j];
      }
  };
  parallel_for(to.outer * to.extent, kGrainBytes / (8 * inner) + 1, rows);
}

} // namespace

void gather(const OpaqueCall &call) {
  const OpaqueBuffer &params = call.operands[0], &result = call.results[0];
  const Axis axis(params.dims, std::get<int64_t>(call.attrs[0]));
  const Indices indices(call.operands[1], axis.extent, std::get<std::string>(call.attrs[1]));
  indices.check(call);
  if (result.size() == 0)
    return;
  const int64_t slice_bytes = axis.inner * static_cast<int64_t>(size_of(params.dtype));
  const char *in = params.as<const char>();
  char *out = result.as<char>();
  const auto copy = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t index = indices[row % indices.count()];
      char *to = out + row * slice_bytes;
      if (index < 0)
        std::memset(to, 0, static_cast<size_t>(slice_bytes));
      else
        std::memcpy(to, in + (row / indices.count() * axis.extent + index) * slice_bytes,
                    static_cast<size_t>(slice_bytes));
    }
  };
  parallel_for(axis.outer * indices.count(), std::max<int64_t>(1, kGrainBytes / slice_bytes), copy);
}

void take_along_axis(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0], &result = call.results[0];
  const int64_t axis = std::get<int64_t>(call.attrs[0]);
  const Indices indices(call.operands[1], Axis(x.dims, axis).extent, std::get<std::string>(call.attrs[1]));
  indices.check(call);
  if (result.size() == 0)
    return;
  switch (size_of(x.dtype)) {
  case 1:
    return take<uint8_t>(x, result, indices, axis);
  case 2:
    return take<uint16_t>(x, result, indices, axis);
  case 4:
    return take<uint32_t>(x, result, indices, axis);
  default:
    return take<uint64_t>(x, result, indices, axis);
  }
}

} // namespace etch::runtime::hooks
