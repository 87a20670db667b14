// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_size) {
  auto f = function([](const std::vector<Tensor> &xs) { return xs[0]; }, {.name = "join", .arguments = {"xs"}});
  f({ones({2}), ones({2})});
  return f.explain({ones({2})});
}
