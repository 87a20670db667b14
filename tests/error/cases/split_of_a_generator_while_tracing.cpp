// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(split_of_a_generator_while_tracing) {
  Generator generator(1);
  auto f = function([&](Tensor x) { return generator.split(2), x; }, {.name = "step"});
  f(ones({2}));
}
