// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_size) {
  auto f = function([](const std::vector<Tensor> &xs) { return concat(xs, 0); }, {.name = "join", .arguments = {"xs"}});
  f.concrete({spec<float>({2}), spec<float>({2})})({ones({2})});
}
