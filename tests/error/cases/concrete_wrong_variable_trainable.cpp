// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_variable_trainable) {
  auto f = function([](Variable v, Variable w) { v.assign_add(w); }, {.name = "step", .arguments = {"v", "w"}});
  const Variable a(ones({2}), "a"), b(ones({2}), "b");
  f.concrete(a, b)(a, Variable(ones({2}), "c", false));
}
