// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_an_optional) {
  auto f = function([](Tensor x, std::optional<Tensor> mask) { return mask ? x * *mask : x; },
                    {.name = "step", .arguments = {"x", "mask"}});
  f(ones({2}), std::nullopt);
  return f.explain(ones({2}), std::optional<Tensor>(ones({2})));
}
