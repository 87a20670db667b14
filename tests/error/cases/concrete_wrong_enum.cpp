// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_enum) {
  enum class Mode { train, test };
  auto f = function([](Tensor x, Mode mode) { return mode == Mode::train ? x * 0.5f : x; },
                    {.name = "step", .arguments = {"x", "mode"}});
  f.concrete(spec<float>({2}), Mode::train)(ones({2}), Mode::test);
}
