// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(describe_a_concrete_function) {
  Variable w(ones({3, 4}), "w");
  const Tensor table = ones({5, 4});
  auto f =
      function([&](Tensor x, int n) { return reduce_sum(matmul(x, w) * static_cast<float>(n)) + reduce_sum(table); },
               {.name = "step", .arguments = {"x", "n"}});
  const auto concrete = f.concrete(spec<float>({dyn, 3}), 7);
  return concrete.to_string() + "\n" + concrete.details();
}
