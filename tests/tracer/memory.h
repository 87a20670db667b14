// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <fstream>

#include <unistd.h>

namespace etch::test {

/// What the process occupies of the machine's memory.
inline int64_t resident_bytes() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kFreedMemoryStays = true; // sanitizers keep it
#else
inline constexpr bool kFreedMemoryStays = false;
#endif

} // namespace etch::test
