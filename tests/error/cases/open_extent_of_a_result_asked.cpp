// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(open_extent_of_a_result_asked) {
  auto f = function([](Tensor x) { return x * static_cast<float>(matmul(x, ones({3, 4})).dim(-2)); },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>({dyn, 3})}});
  f(ones({2, 3}));
}
