// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <functional>

MISTAKE(local_variable_of_nothing) {
  std::function<Tensor()> nothing;
  Function<Tensor(Tensor)> f = function([](Tensor x) { return x; }, {.name = "layer"});
  f.local_variable("weight", nothing);
}
