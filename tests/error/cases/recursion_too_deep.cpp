// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <functional>

TRACING_MISTAKE(recursion_too_deep) {
  std::function<Tensor(Tensor, int)> again;
  auto f = function([&](Tensor x, int n) { return n == 0 ? x : again(x, n - 1); }, {.name = "countdown"});
  again = [&](Tensor x, int n) { return f(x, n); };
  f(ones({2}), 64);
}
