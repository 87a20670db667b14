// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_by_integers) {
  auto f = function([](Tensor x, Tensor count) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(x * cast(count, DType::f32), count);
  });
  f(ones({2}), full({2}, 3));
}
