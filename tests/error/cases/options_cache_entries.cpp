// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_cache_entries) {
  function([](Tensor x) { return x; }, {.cache_entries = 0});
}
