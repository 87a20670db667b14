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

/// While true, operations on integers whose result is defined but hardly meant are errors: division and remainder by 0
/// and of the smallest integer by -1, negative powers, shifts by less than 0 or by all bits. They throw Error
/// (invalid_argument) with the first such elements, eagerly and from compiled functions alike; a function is traced
/// with the checks that are asked for at the call. Thread-safe.
void check_integers(bool check);
/// True when a CheckIntegers of this thread, else check_integers() asks for it.
bool integers_are_checked();

/// Decides for this thread whether integers are checked while it lives; the innermost one counts. To be destroyed on
/// the thread that made it, in the reverse order of creation.
class CheckIntegers {
public:
  explicit CheckIntegers(bool check = true);
  ~CheckIntegers();
  CheckIntegers(const CheckIntegers &) = delete;

private:
  int previous_;
};

/// One line for logs: etch and LLVM versions, processor, instruction set, threads.
std::string describe_environment();

} // namespace etch
