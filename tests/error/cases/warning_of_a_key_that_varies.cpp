// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <map>

WARNING(warning_of_a_key_that_varies) {
  auto f = function([](const std::map<std::string, Tensor> &inputs) { return inputs.begin()->second * 2.0f; },
                    {.name = "step", .arguments = {"inputs"}});
  for (const std::string key : {"a", "b", "c", "d", "e"})
    f({{key, ones({2})}});
}
