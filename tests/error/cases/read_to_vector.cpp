// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_to_vector) {
  auto f = function([](Tensor x) { return x * static_cast<float>((x + x).to_vector<float>().size()); },
                    {.name = "step", .arguments = {"x"}});
  f(ones({2, 3}));
}
