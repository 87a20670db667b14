// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_middle_of_a_string) {
  auto f = function([](Tensor x, const std::string &) { return x; }, {.name = "step", .arguments = {"x", "path"}});
  const std::string begin(50, 'b'), end(40, 'e');
  f.concrete(spec<float>({2}), begin + "one" + end)(ones({2}), begin + "other" + end);
}
