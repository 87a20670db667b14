// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_an_undefined_tensor) {
  auto f =
      function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = "step", .arguments = {"x", "n"}});
  f(ones({2}), 1);
  return f.explain(Tensor(), 1);
}
