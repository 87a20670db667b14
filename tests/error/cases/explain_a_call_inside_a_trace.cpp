// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_call_inside_a_trace) {
  std::string told;
  auto inner = function([](Tensor x) { return x + x; }, {.name = "inner", .arguments = {"x"}});
  auto outer = function([&](Tensor x) {
    told += inner.explain(x);
    Tensor y = inner(x);
    told += inner.explain(y);
    return y;
  });
  outer(ones({2}));
  return told;
}
