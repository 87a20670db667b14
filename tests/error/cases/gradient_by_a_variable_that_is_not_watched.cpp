// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_by_a_variable_that_is_not_watched) {
  const Variable offset(zeros({2}), "offset", /*trainable=*/false);
  auto f = function([&](Tensor x) {
    GradientTape tape;
    return tape.gradient(x + offset, offset);
  });
  f(ones({2}));
}
