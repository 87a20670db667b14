// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <memory>

TRACING_MISTAKE(leak_in_a_shared_pointer) {
  auto f = function(
      [kept = std::make_shared<Tensor>()](Tensor x) {
        *kept = x * x;
        return x;
      },
      {.name = "step"});
  f(ones({2}));
}
