// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

namespace etch::test {
struct Layer2 {
  Tensor weights;
  int units;
};
} // namespace etch::test

TRACING_MISTAKE(concrete_wrong_field_number) {
  auto f = function([](const Layer2 &layer, Tensor x) { return x * layer.weights + static_cast<float>(layer.units); },
                    {.name = "step", .arguments = {"layer", "x"}});
  const auto concrete = f.concrete({spec<float>({2}), 4}, spec<float>({2}));
  concrete({ones({2}), 5}, ones({2}));
}
