// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_float_for_an_integer) {
  auto f = function([](Tensor n) { return n + 1; }, {.name = "step", .arguments = {"n"}});
  const auto concrete = f.concrete(spec<int>());
  concrete(2.5);
}
