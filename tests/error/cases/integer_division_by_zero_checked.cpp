// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

#include <etch/environment.h>

MISTAKE(integer_division_by_zero_checked) {
  const CheckIntegers checks;
  auto f = function([](Tensor total, Tensor count) { return floordiv(total, count); });
  f(full({4}, 12), from_vector(std::vector<int32_t>{3, 4, 0, 0}));
}
