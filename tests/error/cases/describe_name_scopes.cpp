// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(describe_name_scopes) {
  auto f = function([](Tensor x) {
    const auto encoder = name_scope("encoder");
    const auto layer = name_scope("layer1");
    return exp(x);
  });
  return f.trace(ones({2})).graph();
}
