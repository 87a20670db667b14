// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <optional>

TRACING_MISTAKE(variable_from_a_spec) {
  std::optional<Variable> w;
  auto f = function(
      [&](Tensor x) {
        if (!w)
          w = Variable(x * 2.0f, "weight");
        return x + *w;
      },
      {.name = "layer", .arguments = {"x"}});
  f.concrete(spec<float>({2}));
}
