// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles a function for two signatures.
#include <etch/etch.h>

int main() {
  auto f = etch::function([](etch::Tensor x) { return etch::softmax(etch::sin(x) * 2.0f); });
  f(etch::ones({4, 5}));
  f(etch::ones({3}));
}
