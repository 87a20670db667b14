// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <list>

TRACING_MISTAKE(variable_emplaced_again) {
  std::list<Variable> made;
  auto f = function([&](Tensor x) { return x * made.emplace_back(x, "weight"); }, {.name = "layer"});
  f(ones({2}));
  f(ones({2}));
}
