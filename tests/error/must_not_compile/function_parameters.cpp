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
struct Pose {
  etch::Tensor x;
  float angles[3];
  etch::Variable state;
};
struct Opening {
  int width;
};
struct Door : Opening {
  etch::Tensor x;
};
struct Tag {};
struct Window : Tag {
  etch::Tensor x;
};
struct One {
  float angles[1];
};
struct Many {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q;
};
struct Anything {
  Anything() = default;
  template <class T>
  Anything(T) {}
  friend auto tie_fields(Anything &) { return std::tie(); }
};
struct Vague {
  Anything anything;
  int n;
};
struct Tied : Opening {
  float angles[3];
  etch::Tensor x;
  friend auto tie_fields(Tied &self) { return std::tie(self.width, self.x); }
};

void misuse() {
#if CASE == 0 // none: the file itself compiles
  etch::function([](etch::Tensor x) { return x; });
  etch::function([](const Tied &tied) { return tied.x; });
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
#elif CASE == 18
  etch::function([](const Pose &pose) { return pose.x; });
#elif CASE == 19
  etch::function([](const Door &door) { return door.x; });
#elif CASE == 20
  etch::function([](const Window &window) { return window.x; });
#elif CASE == 21
  etch::function([](const One &one) {});
#elif CASE == 22
  etch::function([](const Many &many) {});
#elif CASE == 23
  etch::function([](const Vague &vague) {});
#elif CASE == 24
  const etch::NameScope scope("encoder");
#endif
}
