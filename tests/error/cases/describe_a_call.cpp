// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(describe_a_call) {
  auto inner = function([](Tensor x) { return x * 2.0f; }, {.name = "inner", .no_inline = true});
  auto outer = function([&](Tensor x) { return inner(x + 1.0f); }, {.name = "outer"});
  return outer.trace(ones({2})).text();
}
