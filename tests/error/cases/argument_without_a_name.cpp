// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(argument_without_a_name) {
  function([](Tensor x, Tensor y) { return x + y; }, {.arguments = {"x", ""}});
}
