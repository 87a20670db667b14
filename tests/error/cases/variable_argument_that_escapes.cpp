// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <optional>

TRACING_MISTAKE(variable_argument_that_escapes) {
  std::optional<Variable> kept;
  auto f = function([&](Variable v) { return kept = v, v.value(); }, {.name = "step"});
  f(Variable(ones({2}), "weight"));
  kept->value();
}
