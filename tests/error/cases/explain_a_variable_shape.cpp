// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_variable_shape) {
  auto f = function([](Variable v, Variable w) { v.assign_add(w); }, {.name = "step", .arguments = {"v", "w"}});
  const Variable a(ones({2}), "a"), b(ones({2}), "b");
  f(a, b);
  return f.explain(Variable(ones({3}), "c"), Variable(ones({3}), "d"));
}
