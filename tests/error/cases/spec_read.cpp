// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(spec_read) {
  const Tensor x = spec<float>();
  x.item<float>();
}
