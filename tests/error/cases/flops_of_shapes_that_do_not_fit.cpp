// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(flops_of_shapes_that_do_not_fit) {
  auto f =
      function([](Tensor x, Tensor y) { return std::pair(x + y, x * y); }, {.name = "step", .arguments = {"x", "y"}});
  const auto concrete = f.concrete(spec<float>({dyn}), spec<float>({dyn}));
  concrete.flops(ones({2}), ones({3}));
}
