// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_two_variables_for_one) {
  auto f = function([](Variable v, Variable w) { v.assign_add(w); }, {.name = "step", .arguments = {"v", "w"}});
  const Variable a(ones({2}), "a"), b(ones({2}), "b");
  f.concrete(a, a)(a, b);
}
