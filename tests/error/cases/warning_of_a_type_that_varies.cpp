// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_a_type_that_varies) {
  auto f =
      function([](Tensor x, auto n) { return x * static_cast<float>(n); }, {.name = "step", .arguments = {"x", "n"}});
  f(ones({2}), 1);
  f(ones({2}), 1.0f);
  f(ones({2}), 1.0);
  f(ones({2}), true);
  f(ones({2}), int8_t{1});
}
