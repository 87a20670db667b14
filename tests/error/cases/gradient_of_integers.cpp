// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_of_integers) {
  auto f = function([](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(x * x, x);
  });
  f(full({2}, 3));
}
