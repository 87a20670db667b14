// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(signature_wrong_number) {
  auto f = function([](const std::vector<Tensor> &xs) { return xs[0]; },
                    {.name = "step", .arguments = {"xs"}, .input_signature = {spec<float>(), spec<float>()}});
  f({Tensor(1.0f)});
}
