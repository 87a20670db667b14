// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(signature_float_for_an_integer) {
  auto f =
      function([](Tensor n) { return n + 1; }, {.name = "step", .arguments = {"n"}, .input_signature = {spec<int>()}});
  f(2.5);
}
