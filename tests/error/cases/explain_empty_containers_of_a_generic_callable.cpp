// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_empty_containers_of_a_generic_callable) {
  auto f = function([](Tensor x, const auto &factors) { return factors.empty() ? x : x * factors[0]; },
                    {.name = "step", .arguments = {"x", "factors"}});
  f(ones({2}), std::vector<int>());
  return f.explain(ones({2}), std::vector<float>());
}
