// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_call_of_a_frozen_function) {
  auto f =
      function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = "step", .arguments = {"x", "n"}});
  f(ones({2}), 1);
  f.freeze();
  return f.explain(ones({2}), 2);
}
