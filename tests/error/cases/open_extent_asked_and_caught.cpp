// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(open_extent_asked_and_caught) {
  auto f = function(
      [](Tensor x) {
        try {
          return x * static_cast<float>(x.dim(0));
        } catch (const Error &) {
          return x;
        }
      },
      {.name = "step", .input_signature = {spec<float>({dyn})}});
  f(ones({2}));
}
