// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_an_enum_that_varies) {
  enum class Mode { a, b, c, d, e };
  auto f = function([](Tensor x, Mode) { return x; }, {.name = "step", .arguments = {"x", "mode"}});
  for (const Mode mode : {Mode::a, Mode::b, Mode::c, Mode::d, Mode::e})
    f(ones({2}), mode);
}
