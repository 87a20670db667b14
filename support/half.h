// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/dtype.h>

#include <cstdint>

namespace etch {

/// A double that rounds to every narrower dtype as the integer does, though it may not hold all its bits.
double narrowing_double(int64_t value);

} // namespace etch
