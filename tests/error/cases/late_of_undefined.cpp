// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(late_of_undefined) {
  auto f = function([&](Tensor x) { return x * late([] { return Tensor(); }); });
  f(ones({2}));
}
