// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <optional>

TEXT(explain_the_call_after_variables_were_made) {
  std::optional<Variable> w;
  auto f = function(
      [&](Tensor x) {
        if (!w)
          w = Variable(ones({2}), "w");
        return x + *w;
      },
      {.name = "step"});
  f(ones({2}));
  return f.explain(ones({2}));
}
