// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(leak_in_a_callable_of_the_function_inside) {
  Tensor last;
  auto inner = function([&](Tensor x) { return last = tanh(x), x; }, {.name = "inner"});
  auto outer = function([&](Tensor x) { return inner(x); }, {.name = "outer"});
  outer(ones({2}));
}
