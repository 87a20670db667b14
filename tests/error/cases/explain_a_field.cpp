// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_field) {
  struct Batch {
    Tensor images;
    bool training;
  };
  auto f = function([](const Batch &batch) { return batch.images; }, {.name = "step", .arguments = {"batch"}});
  f({ones({2}), true});
  return f.explain({ones({2}), false});
}
