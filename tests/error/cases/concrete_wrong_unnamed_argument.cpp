// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_unnamed_argument) {
  auto f = function([](Tensor x, Tensor y) { return x + y; });
  f.concrete(spec<float>({2}), spec<float>({2}))(ones({2}), ones({3}));
}
