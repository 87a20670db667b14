// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_of_a_field) {
  struct Batch {
    Tensor images, labels;
  };
  auto f = function([](const Batch &batch) { return batch.labels.item<float>() > 0.0f ? batch.images : batch.labels; },
                    {.name = "step", .arguments = {"batch"}});
  f({Tensor(1.0f), Tensor(2.0f)});
}
