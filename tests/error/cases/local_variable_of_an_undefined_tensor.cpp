// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(local_variable_of_an_undefined_tensor) {
  Function<Tensor(Tensor)> f = function([](Tensor x) { return x; }, {.name = "layer"});
  f.local_variable("weight", [] { return Tensor(); });
}
