// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/dtype.h>

#include <cstdint>
#include <span>
#include <string>

namespace etch::runtime {

/// Row-major elements in NumPy's layout.
std::string elements_text(DType dtype, std::span<const int64_t> dims, const void *elements);

} // namespace etch::runtime
