// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(on_each_call_of_an_undefined_value) {
  auto f = function([](Tensor x) {
    on_each_call([](const std::vector<Tensor> &) {}, {x, Tensor()});
    return x;
  });
  f(ones({2}));
}
