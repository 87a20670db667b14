// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(variable_made_again) {
  std::vector<Variable> made;
  auto f =
      function([&](Tensor x) { return made.push_back(Variable(x, "weight")), x * made.back(); }, {.name = "layer"});
  f(ones({2}));
  f(ones({2}));
}
