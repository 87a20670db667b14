// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(custom_gradient_without_one_for_each_argument) {
  auto product = custom_gradient([](const Tensor &x, const Tensor &y) {
    return std::pair(x * y, [y](const Tensor &dy) { return dy * y; });
  });
  auto f = function([&](Tensor x, Tensor y) {
    GradientTape tape;
    tape.watch(x);
    return tape.gradient(product(x, y), x);
  });
  f(ones({2}), ones({2}));
}
