// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <map>

TRACING_MISTAKE(concrete_wrong_long_key) {
  auto f = function([](const std::map<std::string, Tensor> &inputs) { return inputs.begin()->second * 2.0f; },
                    {.name = "step", .arguments = {"inputs"}});
  const std::string begin(45, 'b'), end(25, 'e');
  f.concrete({{begin + "one" + end, spec<float>({2})}})({{begin + "two" + end, ones({2})}});
}
