// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <optional>

WARNING(warning_of_an_optional_that_varies) {
  auto f = function([](Tensor x, std::optional<int> n) { return n ? x + x : x; },
                    {.name = "step", .arguments = {"x", "n"}, .cache_entries = 1});
  for (int call = 0; call < 5; ++call)
    f(ones({2}), call % 2 ? std::optional(7) : std::nullopt);
}
