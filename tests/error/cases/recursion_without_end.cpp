// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <functional>

TRACING_MISTAKE(recursion_without_end) {
  std::function<Tensor(Tensor)> again;
  auto f = function([&](Tensor x) { return again(x + 1.0f); }, {.name = "f"});
  again = [&](Tensor x) { return f(x); };
  f(ones({2}));
}
