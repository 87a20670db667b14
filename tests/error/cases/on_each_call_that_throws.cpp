// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(on_each_call_that_throws) {
  auto f = function([](Tensor x) {
    on_each_call([] { zeros({2}) + zeros({3}); });
    return x;
  });
  f(ones({2}));
}
