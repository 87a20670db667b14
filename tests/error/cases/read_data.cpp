// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_data) {
  auto f = function([](Tensor x) { return x * x.data<float>()[0]; }, {.name = "step", .arguments = {"x"}});
  f(ones({2, 3}));
}
