// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_string) {
  auto f = function([](Tensor x, const std::string &) { return x; }, {.name = "step", .arguments = {"x", "mode"}});
  f(ones({2}), "train");
  return f.explain(ones({2}), "test");
}
