// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/function_cache.h"

#include "tests/tracer/bits.h"
#include "tracer/signature.h"

#include <atomic>
#include <thread>

namespace etch::tracer {
namespace {

using test::ramp;

std::vector<uint64_t> words_of(const detail::FlatArguments &arguments, std::vector<TensorSpec> specs = {},
                               ShapePolicy policy = ShapePolicy::declared) {
  SignatureWords words;
  append_signature(arguments, specs, policy, words);
  return {words.span().begin(), words.span().end()};
}
template <class T>
std::vector<uint64_t> words_of_value(const T &value) {
  return words_of(detail::flat<void, T>(value));
}

TEST(Signature, NamesDTypesAndExtentsButNoStrides) {
  const Tensor x = ramp({3, 3});
  EXPECT_EQ(words_of_value(x), words_of_value(ramp({3, 3})));
  EXPECT_EQ(words_of_value(x), words_of_value(transpose(x)));
  EXPECT_NE(words_of_value(x), words_of_value(ramp({9})));
  EXPECT_NE(words_of_value(ramp({2})), words_of_value(constant({1, 2})));
  EXPECT_NE(words_of_value(Tensor()), words_of_value(Tensor(1.0f)));
}

TEST(Signature, TellsStructuresApart) {
  const Tensor x = 1.0f, y = 2.0f;
  using Nested = std::vector<std::vector<Tensor>>;
  EXPECT_NE(words_of_value(Nested{{x}, {y}}), words_of_value(Nested{{x, y}}));
  EXPECT_NE(words_of_value(Nested{{x, y}, {}}), words_of_value(Nested{{}, {x, y}}));
  EXPECT_NE(words_of_value(std::vector<Tensor>{x, y}), words_of_value(std::vector<Tensor>{x, y, x}));
  using Optional = std::vector<std::optional<Tensor>>;
  EXPECT_NE(words_of_value(Optional{x, std::nullopt}), words_of_value(Optional{std::nullopt, x}));
  using Named = std::map<std::string, Tensor>;
  EXPECT_NE(words_of_value(Named{{"ab", x}, {"c", y}}), words_of_value(Named{{"a", x}, {"bc", y}}));
}

TEST(Signature, LeavesDeclaredExtentsOpen) {
  const std::vector<TensorSpec> specs{spec<float>({dyn, 3})};
  EXPECT_EQ(words_of(detail::flat<void, Tensor>(ramp({1, 3})), specs),
            words_of(detail::flat<void, Tensor>(ramp({2, 3})), specs));
  EXPECT_NE(words_of(detail::flat<void, Tensor>(ramp({1, 3})), specs, ShapePolicy::exact),
            words_of(detail::flat<void, Tensor>(ramp({2, 3})), specs, ShapePolicy::exact));
}

TEST(Signature, TakesMoreWordsThanFitInline) {
  const std::vector<Tensor> many(100, ramp({1, 2, 3}));
  EXPECT_EQ(words_of_value(many).size(), 1u + 100u * 4u);
}

std::shared_ptr<ConcreteFunction> named(const std::string &name) {
  Trace trace;
  trace.name = name;
  return std::make_shared<ConcreteFunction>(std::move(trace), std::vector<uint64_t>{});
}

TEST(FunctionCache, FindsWhatItHolds) {
  FunctionCache cache;
  for (uint64_t i = 0; i < 1000; ++i)
    cache.find_or_make(std::vector<uint64_t>{i, i * 8}, [&] { return named(std::to_string(i)); });
  for (uint64_t i = 0; i < 1000; ++i) {
    const auto *found = cache.find(std::vector<uint64_t>{i, i * 8});
    ASSERT_NE(found, nullptr);
    EXPECT_EQ((*found)->trace().name, std::to_string(i));
    EXPECT_EQ(cache.find(std::vector<uint64_t>{i}), nullptr) << "a prefix is another signature";
  }
  EXPECT_EQ(cache.all().size(), 1000u);
}

TEST(FunctionCache, IsReadWhileItGrows) {
  FunctionCache cache;
  std::atomic<int> wrong{0}, made{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread)
    threads.emplace_back([&] {
      for (uint64_t i = 0; i < 300; ++i) {
        const std::vector<uint64_t> words{i};
        const auto &function = cache.find_or_make(words, [&] {
          ++made;
          return named(std::to_string(i));
        });
        const auto *found = cache.find(words);
        if (!found || found->get() != function.get() || function->trace().name != std::to_string(i))
          ++wrong;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(made, 300);
}

} // namespace
} // namespace etch::tracer
