// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <optional>

TRACING_MISTAKE(variable_from_a_written_variable) {
  Variable v(ones({2}), "v");
  std::optional<Variable> w;
  auto f = function(
      [&](Tensor x) {
        v.assign(x);
        w = Variable(v + 1.0f, "w");
        return x;
      },
      {.name = "step"});
  f(ones({2}));
}
