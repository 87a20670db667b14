// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(read_with_another_type) {
  auto f = function([](Tensor x) { return x; });
  f(ones({2})).data<double>();
}
