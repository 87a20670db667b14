// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(open_extent_of_a_spec_asked) {
  auto f = function([](Tensor x) { return x * static_cast<float>(x.dim(0)); }, {.name = "step", .arguments = {"x"}});
  f.concrete(spec<float>({dyn}));
}
