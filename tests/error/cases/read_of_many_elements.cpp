// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(read_of_many_elements) {
  auto f = function([](Tensor x) { return x; });
  f(ones({2})).item<float>();
}
