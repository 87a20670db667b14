// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <optional>

TRACING_MISTAKE(concrete_optional_given) {
  auto f = function([](Tensor x, std::optional<Tensor> mask) { return mask ? x * *mask : x; },
                    {.name = "step", .arguments = {"x", "mask"}});
  f.concrete(spec<float>({2}), std::nullopt)(ones({2}), std::optional<Tensor>(ones({2})));
}
