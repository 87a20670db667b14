// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(gradient_without_a_connection) {
  const Variable used(ones({2}), "used"), unused(ones({3}), "unused");
  auto f = function([&](Tensor x) {
    GradientTape tape;
    const auto [first, second] =
        tape.gradient(x * used, used, unused, GradientOptions{.unconnected = Unconnected::raise});
    return first;
  });
  f(ones({2}));
}
