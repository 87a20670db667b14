// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_with_an_output_gradient_of_another_shape) {
  auto f = function([](Tensor x) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(x * x, x, GradientOptions{.output_gradients = {ones({3})}});
  });
  f(ones({2}));
}
