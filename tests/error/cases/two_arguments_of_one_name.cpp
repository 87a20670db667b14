// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(two_arguments_of_one_name) {
  function([](Tensor x, Tensor y) { return x + y; }, {.arguments = {"x", "x"}});
}
