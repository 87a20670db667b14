// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(describe_frozen_values) {
  float rate = 0.25f;
  const Tensor bias = ones({3, 2});
  auto f = function(
      [&](Tensor x, int n) {
        x = pad(reshape(x * rate, {3, n}), {{0, 0}, {0, 1}}, "edge");
        return concat({x, bias}, 1) + static_cast<float>(n);
      },
      {.arguments = {"x", "n"}});
  std::string text;
  for (const FrozenValue &value : f.concrete(spec<float>({6}), 2).frozen())
    text += value.text + " at " + value.location.file + ":" + std::to_string(value.location.line) + "\n";
  return text;
}
