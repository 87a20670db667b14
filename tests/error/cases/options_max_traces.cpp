// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_max_traces) {
  function([](Tensor x) { return x; }, {.max_traces = -1});
}
