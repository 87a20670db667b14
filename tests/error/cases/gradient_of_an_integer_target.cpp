// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_of_an_integer_target) {
  auto f = function([](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(argmax(x), x);
  });
  f(ones({2}));
}
