// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_the_closest_of_several) {
  auto f =
      function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = "step", .arguments = {"x", "n"}});
  f(ones({2}), 1);
  f(ones({2}), 5);
  f(ones({3, 3}), 7);
  return f.explain(ones({4}), 5);
}
