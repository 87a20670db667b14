// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/error.h>

#include <string>

namespace etch {

/// The first line of the error that `f` throws, "no error" when it throws none.
template <class F>
std::string error_text(F &&f) {
  try {
    f();
  } catch (const Error &error) {
    return error.summary();
  }
  return "no error";
}

template <class F>
ErrorCode error_code(F &&f) {
  try {
    f();
  } catch (const Error &error) {
    return error.code();
  }
  throw InternalError("an error was expected");
}

} // namespace etch
