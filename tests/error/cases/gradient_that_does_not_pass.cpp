// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_that_does_not_pass) {
  auto f = function([](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    const Tensor steps = round(x * 4.0f);
    return tape.gradient(steps * 0.25f, x, GradientOptions{.unconnected = Unconnected::raise});
  });
  f(ones({2}));
}
