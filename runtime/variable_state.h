// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <mutex>
#include <string>

namespace etch::detail {

/// What a Variable handle shares. `value` is a concrete tensor of the fixed dtype and shape; an undefined one in a
/// stand-in.
struct VariableState {
  std::mutex mutex;
  Tensor value;
  const std::string name;
  const bool trainable;
  const DType dtype;
  const Shape shape;
  const Location created_at;
  const bool is_stand_in = false; ///< for a Variable argument, while a callable is recorded
};

} // namespace etch::detail

namespace etch::runtime {

/// Throws Error (tracing) for the stand-in of a Variable argument, which means nothing outside its recording.
void require_own_variable(const detail::VariableState &state, const char *what, Location location);

} // namespace etch::runtime
