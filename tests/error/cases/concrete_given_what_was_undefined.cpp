// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_given_what_was_undefined) {
  auto f = function([](Tensor x, Tensor mask) { return mask.defined() ? x * mask : x; },
                    {.name = "step", .arguments = {"x", "mask"}});
  f.concrete(spec<float>({2}), Tensor())(ones({2}), ones({2}));
}
