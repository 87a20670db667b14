// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_a_rank_that_varies) {
  auto f = function([](Tensor x) { return x + x; }, {.name = "step", .arguments = {"x"}});
  Tensor x = ones({1});
  for (int rank = 1; rank <= 5; ++rank, x = expand_dims(x, 0))
    f(x);
}
