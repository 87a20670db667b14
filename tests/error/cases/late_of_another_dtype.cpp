// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(late_of_another_dtype) {
  Tensor now = ones({2});
  auto f = function([&](Tensor x) { return x * late([&] { return now; }); }, {.name = "step"});
  f(ones({2}));
  now = ones({2}, DType::f64);
  f(ones({2}));
}
