// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_of_a_variable) {
  Variable rate(0.1f, "rate");
  auto f = function([&](Tensor x) { return x * rate.value().item<float>(); }, {.name = "step"});
  f(ones({2}));
}
