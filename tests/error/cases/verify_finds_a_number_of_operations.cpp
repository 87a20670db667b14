// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(verify_finds_a_number_of_operations) {
  int rounds = 1;
  auto f = function(
      [&](Tensor x) {
        for (int i = 0; i < rounds; ++i)
          x = x * 2.0f;
        return x;
      },
      {.name = "step"});
  f(ones({2}));
  rounds = 2;
  return verify(f, ones({2}));
}
