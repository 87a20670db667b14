// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_a_dtype_that_varies) {
  auto f = function([](Tensor x) { return x + x; }, {.name = "step"});
  for (const DType dtype : {DType::f32, DType::f64, DType::i32, DType::i64, DType::u8})
    f(ones({2}, dtype));
}
