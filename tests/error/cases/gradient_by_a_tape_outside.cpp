// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(gradient_by_a_tape_outside) {
  GradientTape tape({.persistent = true});
  const Tensor x = ones({2});
  tape.watch(x);
  const Tensor y = x * x;
  auto f = function([&](Tensor z) { return z + tape.gradient(y, x); });
  f(ones({2}));
}
