// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(describe_name_scopes) {
  auto f = function([](Tensor x) {
    const NameScope encoder("encoder");
    const NameScope layer("layer1");
    return exp(x);
  });
  return f.trace(ones({2})).graph();
}
