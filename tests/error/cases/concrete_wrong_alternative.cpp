// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <variant>

TRACING_MISTAKE(concrete_wrong_alternative) {
  using Size = std::variant<int, Tensor>;
  auto f = function([](Tensor x, const Size &size) { return size.index() == 0 ? x : x * std::get<Tensor>(size); },
                    {.name = "resize", .arguments = {"x", "size"}});
  f.concrete(spec<float>({2}), Size(7))(ones({2}), Size(ones({2})));
}
