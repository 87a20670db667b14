// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/opaque.h"

namespace etch::runtime::hooks {

/// A row-major tensor seen along one axis: element (o, i, j) lies at (o * extent + i) * inner + j.
struct Axis {
  int64_t outer = 1, extent = 1, inner = 1;

  /// axis may count from the end.
  Axis(std::span<const int64_t> dims, int64_t axis) {
    const auto rank = static_cast<int64_t>(dims.size());
    const size_t along = static_cast<size_t>(axis < 0 ? axis + rank : axis);
    for (size_t d = 0; d < dims.size(); ++d)
      (d < along ? outer : d == along ? extent : inner) *= dims[d];
  }
};

/// Calls body with a value of the C++ type of a dtype. bf16 and f16 never reach a routine that computes: their ops
/// widen. Where bits are only moved, a type of their size stands for them.
template <class Body>
void with_number_type(DType dtype, const Body &body) {
  switch (dtype) {
  case DType::u8:
    return body(uint8_t{});
  case DType::i8:
    return body(int8_t{});
  case DType::i16:
    return body(int16_t{});
  case DType::i32:
    return body(int32_t{});
  case DType::i64:
    return body(int64_t{});
  case DType::f32:
    return body(float{});
  case DType::f64:
    return body(double{});
  case DType::boolean:
  case DType::f16:
  case DType::bf16:
    break;
  }
  throw InternalError(std::string("no routine for ") + name_of(dtype));
}

} // namespace etch::runtime::hooks
