// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_buckets_without_policy) {
  function([](Tensor x) { return x; }, {.buckets = {8, 16}});
}
