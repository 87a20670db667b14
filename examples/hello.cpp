// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/etch.h>
#include <iostream>
using etch::Tensor;

int main() {
  auto layer = etch::function([](Tensor x, Tensor w) {
    std::cout << "the lambda runs\n"; // while it is traced, once per input signature; at each call if eager
    return etch::gelu(etch::matmul(x, w) + 1.0f);
  });

  Tensor x = etch::constant({{1.0f, 2.0f}, {3.0f, 4.0f}});
  Tensor w = etch::constant({{0.5f, -1.0f}, {0.25f, 1.0f}});
  std::cout << layer(x, w) << '\n'; // traced, compiled, run
  std::cout << layer(w, x) << '\n'; // the same signature: machine code only
  std::cout << "traces: " << layer.trace_count() << '\n';

  etch::run_functions_eagerly(true);
  std::cout << layer(x, w) << '\n'; // op by op, to step through with a debugger: the same bits
}
