// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(run_missing_variable) {
  auto f = function([](Variable v, Tensor x) { v.assign(x); }, {.name = "step", .arguments = {"v", "x"}});
  f.concrete(Variable(ones({2}), "v"), spec<float>({2})).run({{"x", ones({2})}}, {});
}
