// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_an_evicted_signature) {
  auto f = function([](Tensor x) { return x; }, {.name = "step", .arguments = {"x"}, .cache_entries = 1});
  f(ones({2}));
  f(ones({3}));
  return f.explain(ones({2}));
}
