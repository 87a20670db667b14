// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(late_of_a_value_of_the_trace) {
  auto f = function([&](Tensor x) { return x * late([&] { return x; }); }, {.name = "step"});
  f(ones({2}));
}
