// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_by_what_is_not_watched) {
  auto f = function([](Tensor x, Tensor scale) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(x * scale, scale);
  });
  f(ones({2}), ones({2}));
}
