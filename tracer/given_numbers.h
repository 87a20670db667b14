// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/structure.h>

#include <functional>
#include <optional>
#include <string>

namespace etch::tracer {

/// The dtype that is declared for the tensor at a position of a call, if any.
using DTypeAt = std::function<std::optional<DType>(size_t position)>;

/// The numbers that a caller has given for tensors take the dtypes declared for them, as numbers beside a tensor take
/// its dtype. Those that would change by it stay what they are.
void adopt_dtypes(const detail::FlatArguments &arguments, const DTypeAt &dtype_at, Location location);

/// A tensor that is not of the dtype declared for it, for a message: a number by its value, with the reason why it did
/// not take the dtype.
struct MisfitText {
  std::string got;  ///< "f32[2]", "2.5"
  std::string help; ///< empty for what is no number
};
MisfitText misfit_text(const detail::FlatArguments &arguments, size_t position, DType dtype);

} // namespace etch::tracer
