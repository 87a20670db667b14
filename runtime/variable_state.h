// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <mutex>
#include <string>

namespace etch::detail {

/// What a Variable handle shares. `value` is always a concrete tensor of the fixed dtype and shape.
struct VariableState {
  std::mutex mutex;
  Tensor value;
  const std::string name;
  const bool trainable;
  const DType dtype;
  const Shape shape;
  const Location created_at;
};

} // namespace etch::detail
