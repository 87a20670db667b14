// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(donated_to_a_generic_function) {
  auto f = function([](Tensor x, auto n) { return x * static_cast<float>(n); }, {.name = "step"});
  Tensor x = ones({3});
  f(std::move(x), 2);
  exp(x);
}
