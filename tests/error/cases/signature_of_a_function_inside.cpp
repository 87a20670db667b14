// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(signature_of_a_function_inside) {
  auto narrow = function([](Tensor x) { return x; }, {.name = "narrow", .input_signature = {spec<float>({2})}});
  auto wide = function([&](Tensor x) { return narrow(x + 1.0f); }, {.name = "wide"});
  wide(ones({3}));
}
