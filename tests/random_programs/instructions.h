// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/cpu_level.h"

#include <optional>

namespace etch::test {

/// The level whose vectors are of the other width; nullopt where this processor has one level only.
std::optional<runtime::CpuLevel> other_cpu_level();

/// Gives eager code the kernels of a level while it lives, in programs linked as etch_choose_instructions() says.
class EagerKernels {
public:
  explicit EagerKernels(runtime::CpuLevel level);
  ~EagerKernels();
  EagerKernels(const EagerKernels &) = delete;
};

} // namespace etch::test
