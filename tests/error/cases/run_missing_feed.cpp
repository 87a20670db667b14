// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(run_missing_feed) {
  auto f =
      function([](Tensor x, Tensor y) { return std::pair(x + y, x * y); }, {.name = "step", .arguments = {"x", "y"}});
  const auto concrete = f.concrete(spec<float>({dyn}), spec<float>({dyn}));
  concrete.run({{"x", ones({2})}}, {"result[0]"});
}
