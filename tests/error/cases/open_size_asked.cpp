// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(open_size_asked) {
  auto f = function([](Tensor x) { return reduce_sum(x) / static_cast<float>(x.size()); },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>({dyn, 3})}});
  f(ones({2, 3}));
}
