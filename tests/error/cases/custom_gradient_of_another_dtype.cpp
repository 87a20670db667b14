// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(custom_gradient_of_another_dtype) {
  auto doubled = custom_gradient([](const Tensor &x) {
    return std::pair(x * 2.0f, [](const Tensor &dy) { return cast(dy, DType::f64); });
  });
  GradientTape tape;
  const Tensor x = ones({2});
  tape.watch(x);
  tape.gradient(doubled(x), x);
}
