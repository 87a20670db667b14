// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_many_differences) {
  auto f = function([](const std::vector<int> &numbers, Tensor x) { return x * static_cast<float>(numbers[0]); },
                    {.name = "step", .arguments = {"numbers", "x"}});
  f({1, 2, 3, 4, 5, 6, 7, 8}, ones({2}));
  return f.explain({2, 3, 4, 5, 6, 7, 8, 9}, ones({2}));
}
