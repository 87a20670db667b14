// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <etch/environment.h>

TEXT(explain_integers_are_checked) {
  auto f = function([](Tensor total, Tensor count) { return floordiv(total, count); });
  const Tensor total = full({4}, 12), count = full({4}, 3);
  f(total, count);
  const CheckIntegers checks;
  return f.explain(total, count);
}
