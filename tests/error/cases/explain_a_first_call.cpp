// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_first_call) {
  auto f =
      function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = "step", .arguments = {"x", "n"}});
  return f.explain(ones({2}), 1);
}
