// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_inline_limit) {
  function([](Tensor x) { return x; }, {.inline_limit = -5});
}
