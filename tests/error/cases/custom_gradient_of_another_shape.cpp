// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(custom_gradient_of_another_shape) {
  auto doubled = custom_gradient([](const Tensor &x) {
    return std::pair(x * 2.0f, [](const Tensor &dy) { return reduce_sum(dy); });
  });
  auto f = function([&](Tensor x) { return doubled(x); });
  GradientTape tape;
  const Tensor x = ones({2});
  tape.watch(x);
  tape.gradient(f(x), x);
}
