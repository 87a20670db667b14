// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_asked_twice) {
  auto f = function([](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = x * x;
    const Tensor dx = tape.gradient(y, x);
    return dx + tape.gradient(y, x);
  });
  f(ones({2}));
}
