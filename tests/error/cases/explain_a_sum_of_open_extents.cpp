// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_sum_of_open_extents) {
  auto f = function([](Tensor x, Tensor y) { return x + y; },
                    {.name = "step", .arguments = {"x", "y"}, .shapes = Shapes::rank});
  f(ones({2}), ones({2}));
  std::string frozen;
  for (const FrozenValue &value : f.concrete(ones({2}), ones({2})).frozen())
    frozen += value.text + "\n";
  return f.explain(ones({3}), ones({3})) + f.explain(ones({3}), ones({1})) + frozen;
}
