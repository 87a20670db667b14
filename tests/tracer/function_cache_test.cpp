// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/function_cache.h"

#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"
#include "tracer/signature.h"

#include <atomic>
#include <thread>

namespace etch::tracer {
namespace {

using test::ramp;

std::vector<uint64_t> words_of(const detail::FlatArguments &arguments, std::vector<TensorSpec> specs = {},
                               ShapePolicy policy = ShapePolicy::declared) {
  SignatureWords words;
  Options options;
  options.input_signature = std::move(specs);
  append_signature(arguments, options, policy, words);
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
  FunctionCache cache({.entries = 1000});
  for (uint64_t i = 0; i < 1000; ++i)
    cache.find_or_make(std::vector<uint64_t>{i, i * 8}, [&] { return named(std::to_string(i)); });
  for (uint64_t i = 0; i < 1000; ++i) {
    const auto found = cache.find(std::vector<uint64_t>{i, i * 8});
    ASSERT_TRUE(found);
    EXPECT_EQ((*found).trace().name, std::to_string(i));
    EXPECT_FALSE(cache.find(std::vector<uint64_t>{i})) << "a prefix is another signature";
  }
  EXPECT_EQ(cache.all().size(), 1000u);
}

TEST(FunctionCache, IsReadWhileItGrows) {
  FunctionCache cache({.entries = 300});
  std::atomic<int> wrong{0}, made{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread)
    threads.emplace_back([&] {
      for (uint64_t i = 0; i < 300; ++i) {
        const std::vector<uint64_t> words{i};
        const auto function = cache.find_or_make(words, [&] {
          ++made;
          return named(std::to_string(i));
        });
        const auto found = cache.find(words);
        if (!found || found.function() != function.function() || (*function).trace().name != std::to_string(i))
          ++wrong;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(made, 300);
}

std::vector<uint64_t> key(uint64_t number) { return {number, number % 3}; }

/// Found or made, named by its number.
FunctionCache::Held get(FunctionCache &cache, uint64_t number) {
  if (auto known = cache.find(key(number)))
    return known;
  return cache.find_or_make(key(number), [&] { return named(std::to_string(number)); });
}

TEST(FunctionCache, KeepsWhatIsUsed) {
  FunctionCache cache({.entries = 4});
  const std::weak_ptr<ConcreteFunction> hot = get(cache, 0).function();
  for (uint64_t i = 1; i < 1000; ++i) {
    get(cache, i);
    EXPECT_TRUE(cache.find(key(i))) << "what was just made stays";
    ASSERT_TRUE(cache.find(key(0))) << i;
    EXPECT_LE(cache.stats().live_entries, 4);
  }
  EXPECT_FALSE(hot.expired());
  EXPECT_EQ(cache.stats().evictions, 996);
  for (uint64_t i = 1; i < 997; ++i)
    EXPECT_FALSE(cache.find(key(i))) << i;
}

TEST(FunctionCache, EvictsInTheOrderOfUse) {
  FunctionCache cache({.entries = 3});
  get(cache, 0);
  get(cache, 1);
  get(cache, 2);
  cache.find(key(1));
  cache.find(key(0));
  get(cache, 3);
  EXPECT_FALSE(cache.find(key(2)));
  EXPECT_TRUE(cache.find(key(0)));
  get(cache, 4);
  EXPECT_TRUE(cache.find(key(0)));
  EXPECT_FALSE(cache.find(key(1)));
}

TEST(FunctionCache, HasRoomForOne) {
  FunctionCache cache({.entries = 1});
  for (uint64_t i = 0; i < 100; ++i) {
    const auto held = get(cache, i);
    EXPECT_EQ((*held).trace().name, std::to_string(i));
    EXPECT_EQ(cache.stats().live_entries, 1);
  }
}

TEST(FunctionCache, FreesWhatIsEvictedWithItsLastReader) {
  FunctionCache cache({.entries = 1});
  std::weak_ptr<ConcreteFunction> watch;
  {
    const auto outer = get(cache, 0);
    const auto inner = get(cache, 0);
    watch = outer.function();
    for (uint64_t i = 1; i < 10; ++i)
      get(cache, i);
    EXPECT_FALSE(cache.find(key(0)));
    EXPECT_EQ((*outer).trace().name, "0");
  }
  EXPECT_TRUE(watch.expired()) << "with no further call";
}

TEST(FunctionCache, ForgetsOnDemand) {
  FunctionCache cache;
  for (uint64_t i = 0; i < 20; ++i)
    get(cache, i);
  const auto kept = get(cache, 7);
  const std::weak_ptr<ConcreteFunction> watch = get(cache, 8).function();
  cache.clear();
  EXPECT_EQ(cache.stats().live_entries, 0);
  EXPECT_EQ(cache.stats().evictions, 0);
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ((*kept).trace().name, "7");
  EXPECT_NE(get(cache, 7).function(), kept.function());
}

TEST(FunctionCache, CountsEachHit) {
  FunctionCache cache;
  get(cache, 0);
  test::in_threads(20, [&](int) {
    for (int i = 0; i < 1000; ++i)
      cache.find(key(0)).count_hit();
  });
  EXPECT_EQ(cache.stats().hits, 20000);
}

TEST(FunctionCache, MakesWithinMaking) {
  FunctionCache cache({.entries = 1});
  const auto outer = cache.find_or_make(key(0), [&] {
    EXPECT_EQ((*get(cache, 1)).trace().name, "1");
    return named("0");
  });
  EXPECT_EQ((*outer).trace().name, "0");
  EXPECT_FALSE(cache.find(key(1)));
}

TEST(FunctionCache, LeavesNothingOfAFailure) {
  FunctionCache cache;
  EXPECT_THROW(cache.find_or_make(key(0), []() -> std::shared_ptr<ConcreteFunction> { throw 1; }), int);
  EXPECT_FALSE(cache.find(key(0)));
  EXPECT_EQ(cache.stats().live_entries, 0);
  EXPECT_EQ((*get(cache, 0)).trace().name, "0");
}

TEST(FunctionCache, LetsThoseWhoWaitTryAfterAFailure) {
  FunctionCache cache;
  std::atomic<int> tries{0}, failures{0}, found{0};
  test::in_threads(8, [&](int) {
    try {
      found += bool(cache.find_or_make(key(0), [&] {
        if (++tries <= 3)
          throw tries.load();
        return named("0");
      }));
    } catch (int) {
      ++failures;
    }
  });
  EXPECT_EQ(failures, 3);
  EXPECT_EQ(found, 5);
  EXPECT_EQ(tries, 4);
}

TEST(FunctionCache, IsReadWhileItShrinks) {
  FunctionCache cache({.entries = 5});
  std::atomic<int> wrong{0};
  test::in_threads(8, [&](int thread) {
    for (uint64_t i = 0; i < 3000; ++i) {
      const uint64_t number = (i * static_cast<uint64_t>(thread + 1)) % 13;
      const auto outer = get(cache, number);
      const auto inner = get(cache, (number + i) % 13);
      wrong += (*inner).trace().name != std::to_string((number + i) % 13);
      wrong += (*outer).trace().name != std::to_string(number);
      if (thread == 0 && i % 100 == 0)
        cache.clear();
      wrong += cache.stats().live_entries > 5;
    }
  });
  EXPECT_EQ(wrong, 0);
  std::vector<std::weak_ptr<ConcreteFunction>> watches;
  for (const auto &function : cache.all())
    watches.push_back(function);
  cache.clear();
  for (const auto &watch : watches)
    EXPECT_TRUE(watch.expired());
}

} // namespace
} // namespace etch::tracer
