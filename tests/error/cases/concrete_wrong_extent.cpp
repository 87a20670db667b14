// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_extent) {
  auto f =
      function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = "step", .arguments = {"x", "n"}});
  const auto concrete = f.concrete(spec<float>({2}), 3);
  concrete(ones({3}), 3);
}
