// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(leak_in_a_vector) {
  std::vector<Tensor> history;
  auto f = function(
      [&](Tensor x) {
        history.push_back(exp(x));
        return x;
      },
      {.name = "step"});
  f(ones({2}));
}
