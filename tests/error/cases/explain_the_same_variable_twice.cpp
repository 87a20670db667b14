// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_the_same_variable_twice) {
  auto f = function([](Variable v, Variable w) { v.assign_add(w); }, {.name = "step", .arguments = {"v", "w"}});
  const Variable a(ones({2}), "a"), b(ones({2}), "b");
  f(a, b);
  return f.explain(a, a);
}
