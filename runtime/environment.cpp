// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/environment.h>

#include "runtime/cpu_level.h"

#ifndef ETCH_LLVM_VERSION
#define ETCH_LLVM_VERSION "not linked"
#endif

namespace etch {

std::string describe_environment() {
  const bool wide = runtime::cpu_level() == runtime::CpuLevel::v4;
  const int threads = thread_count();
  return std::string("etch " ETCH_VERSION " · LLVM " ETCH_LLVM_VERSION " · ") + runtime::processor_name() + " · " +
         std::to_string(threads) + (threads == 1 ? " thread" : " threads") + " · " + (wide ? "AVX-512" : "AVX2");
}

} // namespace etch
