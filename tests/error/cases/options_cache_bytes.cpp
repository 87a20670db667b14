// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_cache_bytes) {
  function([](Tensor x) { return x; }, {.cache_bytes = 0});
}
