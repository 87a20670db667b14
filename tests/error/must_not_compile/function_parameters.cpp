// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each CASE is one mistake that etch::function must refuse while compiling; CMakeLists.txt holds the expected words.
#include <etch/function.h>

#include <string>

struct Settings {};

void misuse() {
#if CASE == 0 // none: the file itself compiles
  etch::function([](etch::Tensor x) { return x; });
#elif CASE == 1
  etch::function([](etch::Tensor x, int n) { return x; });
#elif CASE == 2
  etch::function([](const std::vector<std::string> &names) {});
#elif CASE == 3
  etch::function([](etch::Tensor x) { return Settings(); });
#elif CASE == 4
  etch::function([](etch::Tensor &x) {});
#elif CASE == 5
  etch::function([](etch::Tensor &&x) {});
#elif CASE == 6
  etch::function([](auto x) { return x; });
#elif CASE == 7
  etch::function([](const std::map<float, etch::Tensor> &x) {});
#elif CASE == 8
  etch::function([](etch::Tensor x) { return x; })(etch::Tensor(), etch::Tensor());
#elif CASE == 9
  etch::function([](const etch::Tensor *x) {});
#endif
}
