// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

#define ETCH_VERSION_MAJOR 0
#define ETCH_VERSION_MINOR 1
#define ETCH_VERSION_PATCH 0
#define ETCH_VERSION "0.1.0"

namespace etch {

/// Threads that kernels may use, caller included. Results do not depend on it. Throws Error (invalid_argument) outside
/// 1..1024. Thread-safe; calls in progress keep their number.
void set_thread_count(int count);
int thread_count();

/// One line for logs: etch and LLVM versions, processor, instruction set, threads.
std::string describe_environment();

} // namespace etch
