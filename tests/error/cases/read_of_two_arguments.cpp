// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_of_two_arguments) {
  auto f = function([](const std::vector<Tensor> &layers, Tensor,
                       Tensor x) { return reduce_sum(layers[1] * x).item<float>() > 0.0f ? x : -x; },
                    {.name = "step", .arguments = {"layers", "unused", "x"}});
  f({ones({2}), ones({2})}, ones({2}), ones({2}));
}
