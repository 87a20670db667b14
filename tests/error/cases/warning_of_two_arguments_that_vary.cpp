// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_two_arguments_that_vary) {
  auto f = function([](Tensor x, int n, const std::string &) { return x * static_cast<float>(n); },
                    {.name = "step", .arguments = {"x", "n", "tag"}});
  for (int n = 1; n <= 5; ++n)
    f(ones({2}), n, n % 2 ? "odd" : n == 2 ? "two" : "odd");
}
