// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <tuple>

TRACING_MISTAKE(concrete_wrong_element_of_tuple) {
  auto f = function([](const std::tuple<Tensor, int> &pair) { return std::get<0>(pair); },
                    {.name = "first", .arguments = {"pair"}});
  f.concrete(std::tuple<Tensor, int>(spec<float>({2}), 1))(std::tuple<Tensor, int>(ones({2}), 2));
}
