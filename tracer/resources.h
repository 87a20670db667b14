// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/concrete_function.h"

namespace etch::tracer {

// What a call takes, without making it. `arguments` are tensors, or specs of known extents in their place, that the
// function was found to serve; null where no extent is open. Numbers beyond 64 bits are INT64_MAX. They throw Error
// (shape) where an extent that counts is not known.

int64_t operations_of(const ConcreteFunction &function, const detail::FlatArguments *arguments, Location location);
/// Compiles.
MemoryUse memory_of(const ConcreteFunction &function, const detail::FlatArguments *arguments, Location location);

} // namespace etch::tracer
