// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(memory_for_a_result) {
  auto f = function([](Tensor x) { return tile(x, {int64_t{1} << 45}); });
  f(ones({4}));
}
