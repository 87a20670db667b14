// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <bit>

TEXT(explain_another_nan) {
  auto f = function([](Tensor x, float scale) { return x * scale; }, {.name = "step", .arguments = {"x", "scale"}});
  f(ones({2}), std::bit_cast<float>(0x7fc00000u));
  return f.explain(ones({2}), std::bit_cast<float>(0x7fc00001u));
}
