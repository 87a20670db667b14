// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_long_string) {
  auto f = function([](Tensor x, const std::string &) { return x; }, {.name = "step"});
  f.concrete(spec<float>({2}), std::string(80, 'z') + "a")(ones({2}), std::string(80, 'z') + "b");
}
