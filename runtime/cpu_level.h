// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace etch::runtime {

/// The x86-64 levels that kernels are built for.
enum class CpuLevel { v3 = 3, v4 = 4 };

/// The level of eager and compiled kernels: the processor's, or what ETCH_CPU asks for, read at the first call. Throws
/// Error (unsupported) for a processor below x86-64-v3, (invalid_argument) for a bad ETCH_CPU.
CpuLevel cpu_level();

/// "x86-64-v3", "x86-64-v4": the names LLVM and GCC use.
const char *name_of(CpuLevel level);

/// The best level of this processor and operating system; throws Error (unsupported) below v3.
CpuLevel native_cpu_level();
/// What ETCH_CPU means on a machine of the given level; empty text means native.
CpuLevel parse_cpu_level(const std::string &text, CpuLevel native);

/// The processor's own name, as "AMD EPYC 9654 96-Core Processor".
std::string processor_name();

} // namespace etch::runtime
