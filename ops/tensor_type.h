// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/dim.h"

#include <etch/dtype.h>
#include <etch/shape.h>

#include <string>

namespace etch::ops {

/// What is known of a tensor before it has elements: dtype and dimensions.
struct TensorType {
  DType dtype = DType::f32;
  Dims dims;

  TensorType() = default;
  TensorType(DType dtype, Dims dims) : dtype(dtype), dims(std::move(dims)) {}
  TensorType(DType dtype, const Shape &shape) : dtype(dtype), dims(shape.begin(), shape.end()) {}

  int rank() const { return static_cast<int>(dims.size()); }
  bool is_static() const;
  /// Requires is_static(). Throws Error for shapes beyond the limits.
  Shape shape(Location location = {}) const;
  /// "f32[2,n]"; symbolic dimensions appear as ? in messages and by name here.
  std::string text() const;
  /// "f32[2,?]": the form used in messages, equal in eager and traced code for known dims.
  std::string message_text() const;

  bool operator==(const TensorType &) const = default;
};

} // namespace etch::ops
