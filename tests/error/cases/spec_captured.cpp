// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(spec_captured) {
  const Tensor shape = spec<float>({2});
  auto f = function([&](Tensor x) { return x * shape; });
  f(ones({2}));
}
