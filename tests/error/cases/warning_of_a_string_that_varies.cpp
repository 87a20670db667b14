// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_a_string_that_varies) {
  auto f = function([](Tensor x, const std::string &) { return x; }, {.name = "step", .arguments = {"x", "tag"}});
  for (const char *tag : {"a", "b", "c", "d", "e", "f"})
    f(ones({2}), tag);
}
