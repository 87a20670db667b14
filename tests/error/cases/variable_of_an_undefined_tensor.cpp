// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <optional>

MISTAKE(variable_of_an_undefined_tensor) {
  std::optional<Variable> v;
  auto f = function([&](Tensor x) { return v = Variable(Tensor(), "weight"), x; });
  f(ones({2}));
}
