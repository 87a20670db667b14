// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <map>

TRACING_MISTAKE(concrete_wrong_element_of_map) {
  auto f = function([](const std::map<std::string, Tensor> &inputs) { return inputs.begin()->second * 2.0f; },
                    {.name = "step", .arguments = {"inputs"}});
  f.concrete({{"images", spec<float>({2})}})({{"images", ones({2, 2})}});
}
