// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(leaked_value_in_another_trace) {
  Tensor leaked;
  auto f = function([&](Tensor x) { return leaked = x * 2.0f, x; }, {.name = "step"});
  try {
    f(ones({2}));
  } catch (const Error &) { // the leak itself
  }
  auto other = function([&](Tensor x) { return x + leaked; }, {.name = "other"});
  other(ones({2}));
}
