// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_long_strings) {
  auto f = function([](Tensor x, const std::string &) { return x; }, {.name = "step", .arguments = {"x", "path"}});
  const std::string begin(50, 'b'), end(40, 'e');
  f(ones({2}), begin + "one" + end);
  return f.explain(ones({2}), begin + "other" + end);
}
