// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_bucket) {
  auto f = function([](Tensor x) { return x; }, {.name = "step", .arguments = {"x"}, .shapes = Shapes::bucket});
  auto g = function([](Tensor x) { return x; },
                    {.name = "other", .arguments = {"x"}, .shapes = Shapes::bucket, .buckets = {1, 64}});
  for (const int64_t n : {1, 2, 7})
    f(ones({n}));
  g(ones({65}));
  return f.explain(ones({5})) + f.explain(ones({9})) + g.explain(ones({1000})) + g.explain(ones({64}));
}
