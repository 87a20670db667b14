// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_variable_that_is_not_trainable) {
  auto f = function([](const Variable &w) { return w.value(); }, {.name = "step", .arguments = {"w"}});
  f(Variable(ones({2}), "a"));
  return f.explain(Variable(ones({2}), "b", false));
}
