// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <functional>

MISTAKE(on_each_call_of_nothing) {
  auto f = function([](Tensor x) {
    on_each_call(std::function<void()>());
    return x;
  });
  f(ones({2}));
}
