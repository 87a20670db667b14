// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/etch.h>

#include <cstdint>

namespace etch::benchmarks {

/// f32 elements spread evenly over [low, high), the same in every run. Zeros would flatter: processors multiply them
/// with less power, hence faster.
Tensor random_floats(const Shape &shape, uint64_t seed, float low = -1.0f, float high = 1.0f);

/// i64 class numbers in [0, classes).
Tensor random_classes(int64_t count, int64_t classes, uint64_t seed);

} // namespace etch::benchmarks
