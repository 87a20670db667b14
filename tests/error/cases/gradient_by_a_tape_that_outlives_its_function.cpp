// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <memory>

TRACING_MISTAKE(gradient_by_a_tape_that_outlives_its_function) {
  std::unique_ptr<GradientTape> tape;
  auto f = function([&](Tensor x) {
    tape = std::make_unique<GradientTape>();
    return x * 2.0f;
  });
  const Tensor x = ones({2}), y = f(x);
  tape->gradient(y, x);
}
