// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_negative_buckets) {
  function([](Tensor x) { return x; }, {.shapes = Shapes::bucket, .buckets = {-1}});
}
