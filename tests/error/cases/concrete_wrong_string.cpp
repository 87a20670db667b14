// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_string) {
  auto f = function([](Tensor x, std::string a) { return a == "relu" ? relu(x) : tanh(x); },
                    {.name = "step", .arguments = {"x", "a"}});
  f.concrete(spec<float>({2}), "relu")(ones({2}), "tanh");
}
