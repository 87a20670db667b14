// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each CASE is one mistake that etch::function must refuse while compiling; CMakeLists.txt holds the expected words.
#include <etch/function.h>

#include <memory>
#include <string>

class Settings {
  int level = 0;
};
struct Model {
  etch::Tensor step(etch::Tensor x) { return x; }
};

void misuse() {
#if CASE == 0 // none: the file itself compiles
  etch::function([](etch::Tensor x) { return x; });
#elif CASE == 1
  etch::function([](etch::Tensor x, std::unique_ptr<int> n) { return x; });
#elif CASE == 2
  etch::function([](const std::vector<std::function<void()>> &calls) {});
#elif CASE == 3
  etch::function([](etch::Tensor x) { return Settings(); });
#elif CASE == 4
  etch::function([](etch::Tensor &x) {});
#elif CASE == 5
  etch::function([](etch::Tensor &&x) {});
#elif CASE == 6
  etch::function([](auto &x) { return x; })(etch::Tensor());
#elif CASE == 7
  etch::function([](const std::map<std::vector<int>, etch::Tensor> &x) {});
#elif CASE == 8
  etch::function([](etch::Tensor x) { return x; })(etch::Tensor(), etch::Tensor());
#elif CASE == 9
  etch::function([](const etch::Tensor *x) {});
#elif CASE == 10
  etch::function(&Model::step);
#elif CASE == 11
  etch::function([](long double x) {});
#elif CASE == 12
  etch::function([](etch::Tensor x, int n) { return x; })(etch::Tensor(), "three");
#elif CASE == 13
  etch::function([](etch::Tensor x, int n) { return x; })(etch::Tensor());
#elif CASE == 14
  etch::function([](etch::Tensor x, int n) { return x; })(etch::Tensor(), etch::Tensor());
#elif CASE == 15
  etch::function([](etch::Tensor x) { return x; })(std::map<std::string, etch::Tensor>());
#elif CASE == 16
  etch::function([](etch::Tensor x) { return x; }).concrete(etch::spec<float>(), etch::spec<float>());
#elif CASE == 17
  const auto concrete = etch::function([](etch::Tensor x, int n) { return x; }).concrete(etch::spec<float>(), 3);
  concrete(etch::Tensor(), etch::Tensor());
#endif
}
