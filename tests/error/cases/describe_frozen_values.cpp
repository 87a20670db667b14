// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(describe_frozen_values) {
  float rate = 0.25f;
  auto f = function([&](Tensor x, int n) { return x * rate + static_cast<float>(n); }, {.arguments = {"x", "n"}});
  std::string text;
  for (const FrozenValue &value : f.concrete(spec<float>({2}), 3).frozen())
    text += value.text + (value.location.known() ? " at " + std::string(value.location.file) : "") + "\n";
  return text;
}
