// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(memory_of_open_extents) {
  auto f =
      function([](Tensor x, Tensor y) { return std::pair(x + y, x * y); }, {.name = "step", .arguments = {"x", "y"}});
  const auto concrete = f.concrete(spec<float>({dyn}), spec<float>({dyn}));
  concrete.memory(ones({2}), spec<float>({dyn}));
}
