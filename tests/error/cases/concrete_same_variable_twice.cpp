// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_same_variable_twice) {
  auto f = function([](Variable v, Variable w) { v.assign_add(w); }, {.name = "step", .arguments = {"v", "w"}});
  const Variable a(ones({2}), "a"), b(ones({2}), "b");
  f.concrete(a, b)(a, a);
}
