// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a Function says of f(std::move(x)) where no result can take the memory of x.
#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"

#include <memory>
#include <string>
#include <vector>

namespace etch {
namespace {

using test::ramp;

/// What `run` writes to standard error.
template <class Run>
std::string said(const Run &run) {
  testing::internal::CaptureStderr();
  run();
  return testing::internal::GetCapturedStderr();
}

auto total(const char *name = "total") {
  return function([](Tensor x, Tensor y) { return reduce_sum(x) + reduce_sum(y); },
                  {.name = name, .arguments = {"x", "y"}});
}
/// Handles that are on no stack.
struct Batches {
  explicit Batches(size_t count, const Shape &shape = {3, 4}) {
    for (size_t i = 0; i < count; ++i)
      x.push_back(ramp(shape));
  }
  std::vector<Tensor> x;
};

TEST(UselessDonation, WarnsAtTheNextCallOfAHandleThatLivesOn) {
  auto f = total();
  Batches batches(4);
  const Tensor y = ramp({2});
  const auto donate = [&](size_t i) { f(std::move(batches.x[i]), y); };
  const int line = __LINE__ - 1;
  EXPECT_EQ(said([&] { donate(0); }), "");
  EXPECT_EQ(said([&] { donate(1); }),
            "etch: warning: function 'total' has no use for the memory of argument 'x', f32[3,4], donated at " __FILE__
            ":" +
                std::to_string(line) + "\n  help: pass it without std::move: then it keeps its value\n");
  EXPECT_EQ(said([&] {
              donate(2);
              donate(3);
            }),
            "")
      << "once for an argument";
}

TEST(UselessDonation, WarnsOfTwoArgumentsOfAFunction) {
  auto f = function([](Tensor x, Tensor y, Tensor z) { return reduce_sum(x) + reduce_sum(y) + reduce_sum(z); },
                    {.name = "three", .arguments = {"x", "y", "z"}});
  Batches batches(9);
  const std::string text = said([&] {
    for (size_t i = 0; i < 9; i += 3)
      f(std::move(batches.x[i]), std::move(batches.x[i + 1]), std::move(batches.x[i + 2]));
  });
  EXPECT_NE(text.find("argument 'x'"), std::string::npos) << text;
  EXPECT_NE(text.find("argument 'y'"), std::string::npos) << text;
  EXPECT_EQ(text.find("argument 'z'"), std::string::npos) << text;
}

TEST(UselessDonation, SaysNothingOfTemporaries) {
  auto f = total();
  const Tensor a = ramp({3, 4}), y = ramp({2});
  EXPECT_EQ(said([&] {
              for (int i = 0; i < 3; ++i)
                f(a + 1.0f, y) * f(a * 2.0f, y) +
                    f(f(a + 2.0f, y), f(f(Tensor(a), y), y)); // all alive when the last one is called
            }),
            "");
}

TEST(UselessDonation, SaysNothingOfHandlesThatAreDeadOrAssigned) {
  auto f = total();
  const Tensor y = ramp({2});
  Batches batches(1);
  EXPECT_EQ(said([&] {
              for (int i = 0; i < 4; ++i) {
                auto own = std::make_unique<Tensor>(ramp({3, 4}));
                f(std::move(*own), y);
              }
              for (int i = 0; i < 2; ++i) {
                batches.x[0] = f(std::move(batches.x[0]), y);
                Tensor local = ramp({5});
                f(std::move(local), y);
              }
            }),
            "");
}

TEST(UselessDonation, SaysNothingWhereMemoryCanBeReused) {
  auto f = function([](Tensor x) { return x * 2.0f; });
  Batches batches(4);
  const Tensor copy = batches.x[1]; // here it is not, which is no fault of the function
  EXPECT_EQ(said([&] {
              for (Tensor &x : batches.x)
                f(std::move(x));
            }),
            "");
  EXPECT_EQ(f.stats().reused_arguments, 3);
}

TEST(UselessDonation, CountsACallbackAsAReason) {
  auto f = function([](Tensor x) {
    on_each_call([] {});
    return x * 2.0f;
  });
  Batches batches(2);
  EXPECT_NE(said([&] {
              for (Tensor &x : batches.x)
                f(std::move(x));
            }).find("argument 0, f32[3,4]"),
            std::string::npos);
}

TEST(UselessDonation, SaysNothingEagerlyOrInsideATrace) {
  auto f = total();
  const Tensor y = ramp({2});
  Batches batches(4);
  EXPECT_EQ(said([&] {
              const RunFunctionsEagerly eagerly;
              f(std::move(batches.x[0]), y);
              f(std::move(batches.x[1]), y);
            }),
            "");
  auto outer = function([&](Tensor x) {
    auto inside = std::make_unique<std::vector<Tensor>>(2, x);
    return f(std::move((*inside)[0]), y) + f(std::move((*inside)[1]), y);
  });
  EXPECT_EQ(said([&] {
              outer(ramp({3, 4}));
              outer(ramp({3, 4}));
            }),
            "");
}

TEST(UselessDonation, WarnsOfConcreteFunctions) {
  auto f = total("typed");
  const auto concrete = f.concrete(spec<float>({3, 4}), spec<float>({2}));
  const Tensor y = ramp({2});
  Batches batches(2);
  EXPECT_NE(said([&] {
              for (Tensor &x : batches.x)
                concrete(std::move(x), y);
            }).find("function 'typed' has no use for the memory of argument 'x', f32[3,4]"),
            std::string::npos);
}

TEST(UselessDonation, LeavesHandlesOfOtherThreadsAlone) {
  auto f = total();
  const Tensor y = ramp({2});
  std::vector<std::unique_ptr<Batches>> batches;
  for (int i = 0; i < 4; ++i)
    batches.push_back(std::make_unique<Batches>(1));
  EXPECT_EQ(said([&] { test::in_threads(4, [&](int i) { f(std::move(batches[static_cast<size_t>(i)]->x[0]), y); }); }),
            "");
  Batches many(40);
  const std::string text = said([&] {
    test::in_threads(4, [&](int i) {
      for (size_t k = 0; k < 10; ++k)
        f(std::move(many.x[static_cast<size_t>(i) * 10 + k]), y);
    });
  });
  EXPECT_EQ(text.find("warning:"), text.rfind("warning:")) << text;
}

} // namespace
} // namespace etch
