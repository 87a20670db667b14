// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(donated_and_given_twice) {
  auto f = function([](Tensor x, std::vector<Tensor> all) { return x + all[0]; },
                    {.name = "step", .arguments = {"x", "all"}});
  std::vector<Tensor> all = {ones({2}), ones({2})};
  f(std::move(all[0]), all);
}
