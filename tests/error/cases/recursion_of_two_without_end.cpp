// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <functional>

TRACING_MISTAKE(recursion_of_two_without_end) {
  std::function<Tensor(Tensor)> again;
  auto f = function([&](Tensor x) { return again(x + 1.0f); }, {.name = "f"});
  auto g = function([&](Tensor x) { return f(x); }, {.name = "g"});
  again = [&](Tensor x) { return g(x); };
  f(ones({2}));
}
