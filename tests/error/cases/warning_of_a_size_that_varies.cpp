// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_a_size_that_varies) {
  auto f = function([](const std::vector<Tensor> &xs) { return concat(xs, 0); }, {.name = "join", .arguments = {"xs"}});
  for (size_t n = 1; n <= 5; ++n)
    f(std::vector<Tensor>(n, ones({2})));
}
