// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

namespace etch::test {
struct Layer3 {
  Tensor weights;
  int units;
};
} // namespace etch::test

TRACING_MISTAKE(concrete_wrong_field_of_element) {
  auto f = function([](const std::vector<Layer3> &layers, Tensor x) { return x * layers[1].weights; },
                    {.name = "step", .arguments = {"layers", "x"}});
  const auto concrete = f.concrete({{spec<float>({2}), 4}, {spec<float>({2}), 4}}, spec<float>({2}));
  concrete({{ones({2}), 4}, {ones({2}, DType::f64), 4}}, ones({2}));
}
