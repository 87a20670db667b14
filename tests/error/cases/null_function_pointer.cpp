// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(null_function_pointer) {
  Tensor (*callable)(Tensor) = nullptr;
  function(callable);
}
