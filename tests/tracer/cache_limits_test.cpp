// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/jit.h"
#include "runtime/allocator.h"
#include "runtime/print_buffer.h"
#include "runtime/variable_state.h"
#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"
#include "tests/tracer/memory.h"

namespace etch {
namespace {

using test::error_of;
using test::in_threads;
using test::ramp;
using test::same_bits;

Tensor doubled(Tensor x) { return x * 2.0f; }

TEST(CacheLimits, MustBePositive) {
  EXPECT_EQ(error_of([] { function(doubled, {.cache_entries = 0}); }).summary(),
            "function: Options::cache_entries must be at least 1, got 0");
  EXPECT_EQ(error_of([] { function(doubled, {.cache_bytes = -1}); }).summary(),
            "function: Options::cache_bytes must be at least 1, got -1");
}

TEST(CacheLimits, KeepMemoryFlatOverManyShapes) {
  constexpr int kShapes = 1000, kRounds = 2, kHits = 9;
  const int64_t bytes_before = codegen::live_code_bytes();
  int64_t warm = 0;
  std::weak_ptr<int> callable;
  {
    auto token = std::make_shared<int>(0);
    callable = token;
    auto traced = function([token = std::move(token)](Tensor x) { return x * 2.0f; });
    for (int call = 0; call < kShapes * kRounds; ++call) {
      const Tensor x = ramp({call % kShapes + 1}), expected = x * 2.0f;
      for (int repeat = 0; repeat <= kHits; ++repeat)
        ASSERT_TRUE(same_bits(traced(x), expected)) << call;
      ASSERT_LE(traced.cached(), 64);
      if (call == 500)
        warm = test::resident_bytes();
    }
    const int64_t growth = test::resident_bytes() - warm;
    RecordProperty("growth_bytes", static_cast<int>(growth));
    EXPECT_TRUE(test::kFreedMemoryStays || growth < 6 << 20) << growth;
    const FunctionStats stats = traced.stats();
    EXPECT_EQ(stats.misses, kShapes * kRounds);
    EXPECT_EQ(stats.hits, kShapes * kRounds * kHits);
    EXPECT_EQ(stats.traces, stats.misses) << "the first round's traces are gone when their shapes return";
    EXPECT_EQ(stats.evictions, stats.traces - 64);
    EXPECT_EQ(stats.code_bytes, codegen::live_code_bytes() - bytes_before);
    EXPECT_GT(stats.code_bytes, 0);
  }
  EXPECT_EQ(codegen::live_code_bytes(), bytes_before);
  EXPECT_TRUE(callable.expired());
}

TEST(CacheLimits, BoundTheMachineCode) {
  auto measure = function(doubled);
  measure(ramp({3}));
  const int64_t bytes = measure.stats().code_bytes;
  ASSERT_GT(bytes, 0);
  auto traced = function(doubled, {.cache_bytes = 3 * bytes});
  for (int size = 1; size <= 12; ++size) {
    EXPECT_TRUE(same_bits(traced(ramp({size})), ramp({size}) * 2.0f));
    EXPECT_LE(traced.stats().code_bytes, 3 * bytes);
    EXPECT_GT(traced.cached(), 0);
  }
  EXPECT_LT(traced.cached(), 12);
  EXPECT_EQ(traced.stats().evictions, 12 - traced.cached());
}

TEST(CacheLimits, KeepATraceThatIsTooLargeUntilTheNext) {
  auto traced = function(doubled, {.cache_bytes = 1});
  for (int call = 0; call < 6; ++call) {
    const Tensor x = ramp({call / 3 + 1}); // three calls each
    EXPECT_TRUE(same_bits(traced(x), x * 2.0f));
    EXPECT_EQ(traced.cached(), 1);
  }
  EXPECT_EQ(traced.stats().traces, 2);
  EXPECT_EQ(traced.stats().hits, 4);
  EXPECT_EQ(traced.stats().evictions, 1);
}

TEST(CacheLimits, CountCodeThatAHandleCompiles) {
  auto traced = function(doubled, {.cache_bytes = 1});
  traced(ramp({1}));
  const auto recorded = traced.trace(ramp({2}));
  EXPECT_EQ(traced.cached(), 1) << "the larger one was kept until now";
  EXPECT_EQ(traced.stats().code_bytes, 0);
  const auto compiled = recorded.compile();
  EXPECT_GT(traced.stats().code_bytes, 0);
  traced(ramp({3}));
  const int64_t live = traced.stats().code_bytes;
  EXPECT_TRUE(same_bits(compiled(ramp({2})), ramp({2}) * 2.0f));
  EXPECT_EQ(traced.stats().code_bytes, live) << "an evicted trace is no longer the cache's";
}

TEST(CacheLimits, TraceAgainWhatWasEvicted) {
  int runs = 0;
  auto traced = function(
      [&runs](Tensor x) {
        ++runs;
        return x * 2.0f;
      },
      {.cache_entries = 1});
  for (int call = 1; call <= 6; ++call) {
    const Tensor x = ramp({call % 2 + 1});
    EXPECT_TRUE(same_bits(traced(x), x * 2.0f));
    EXPECT_EQ(traced.trace_count(), call);
    EXPECT_EQ(traced.cached(), 1);
  }
  EXPECT_EQ(runs, 6);
}

TEST(CacheLimits, TakeBackWhatIsStillHeld) {
  auto traced = function(doubled, {.name = "doubled", .arguments = {"x"}, .cache_entries = 1});
  const auto held = traced.concrete(ramp({2}));
  traced(ramp({3}));
  EXPECT_EQ(traced.stats().evictions, 1);
  const int64_t before = traced.stats().code_bytes;
  held(ramp({2})); // is compiled while it is not the cache's
  EXPECT_EQ(traced.stats().code_bytes, before);
  EXPECT_EQ(traced.explain(ramp({2})), "doubled: the call runs the machine code of\n  doubled(x: f32[2]) -> f32[2]\n");
  EXPECT_TRUE(traced.concrete(ramp({2})) == held) << "equal arguments, equal concrete function";
  EXPECT_EQ(traced.trace_count(), 2);
  EXPECT_EQ(traced.cached(), 1);
  EXPECT_GT(traced.stats().code_bytes, 0);
  EXPECT_EQ(
      traced.explain(ramp({3})).find("doubled: the call is traced, because the trace of this signature was evicted"),
      0u);
  traced.clear_cache();
  EXPECT_FALSE(traced.concrete(ramp({2})) == held) << "what is cleared is forgotten";
}

TEST(CacheLimits, SpareWhatIsInUse) {
  auto traced = function(doubled, {.cache_entries = 4});
  const Tensor hot = ramp({100});
  traced(hot);
  for (int size = 1; size <= 30; ++size) {
    traced(ramp({size}));
    traced(hot);
  }
  EXPECT_EQ(traced.trace_count(), 31);
  EXPECT_EQ(traced.stats().hits, 30);
}

TEST(CacheLimits, AreSharedByCopies) {
  const auto traced = function(doubled, {.cache_entries = 2});
  const auto copy = traced;
  traced(ramp({1}));
  copy(ramp({1}));
  EXPECT_EQ(copy.trace_count(), 1);
  copy(ramp({2}));
  traced(ramp({3}));
  EXPECT_EQ(traced.cached(), 2);
  EXPECT_EQ(copy.cached(), 2);
  copy.clear_cache();
  EXPECT_EQ(traced.cached(), 0);
}

TEST(CacheLimits, HoldForNestedFunctions) {
  auto inner = function([](Tensor x) { return x + 1.0f; }, {.cache_entries = 1});
  auto outer = function([inner](Tensor x) { return inner(x) * inner(inner(x)); }, {.cache_entries = 1});
  for (int call = 0; call < 6; ++call) {
    const Tensor x = ramp({call % 2 + 1});
    EXPECT_TRUE(same_bits(outer(inner(x)), (x + 2.0f) * (x + 3.0f)));
  }
}

TEST(CacheLimits, HoldForAFunctionThatCallsItself) {
  std::optional<Function<Tensor(Tensor)>> sum;
  sum = function(
      [&sum](Tensor x) {
        const int64_t size = x.shape()[0];
        return size == 1 ? x : (*sum)(slice(x, {0}, {size - 1})) + slice(x, {size - 1}, {1});
      },
      {.cache_entries = 1});
  for (int call = 0; call < 4; ++call)
    for (const int64_t size : {4, 3})
      EXPECT_TRUE(same_bits((*sum)(ramp({size})), reduce_sum(ramp({size}), {0}, true))) << size;
  EXPECT_EQ(sum->cached(), 1);
}

TEST(CacheLimits, CoverTheExactTracesOfDeclaredSignatures) {
  auto traced = function([](Tensor x, Tensor y) { return x + y; },
                         {.input_signature = {spec<float>({dyn}), spec<float>({dyn})}, .cache_entries = 2});
  for (int size = 2; size <= 8; ++size) {
    const Tensor one = ramp({1});
    EXPECT_TRUE(same_bits(traced(ramp({size}), ramp({size})), ramp({size}) + ramp({size})));
    EXPECT_TRUE(same_bits(traced(ramp({size}), one), ramp({size}) + one)) << "breaks an assumption";
    EXPECT_LE(traced.cached(), 2);
  }
}

TEST(CacheLimits, FreeWhatATraceCaptured) {
  const int64_t bytes = runtime::allocator_counters().live_bytes;
  std::vector<std::weak_ptr<detail::VariableState>> watches;
  {
    std::vector<Variable> variables;
    std::vector<Tensor> tensors;
    auto traced = function(
        [&](Tensor x) {
          const auto i = static_cast<size_t>(x.shape()[0]);
          return x + variables[i] + tensors[i];
        },
        {.cache_entries = 2});
    for (int size = 0; size < 5; ++size) {
      variables.emplace_back(ramp({size}), "v");
      tensors.push_back(ramp({size}));
      watches.push_back(variables.back().state());
      traced(ramp({size}));
    }
    variables.clear();
    tensors.clear();
    for (size_t i = 0; i < watches.size(); ++i)
      EXPECT_EQ(watches[i].expired(), i < 3) << i;
  }
  for (const auto &watch : watches)
    EXPECT_TRUE(watch.expired());
  EXPECT_EQ(runtime::allocator_counters().live_bytes, bytes);
}

TEST(CacheLimits, LeaveHandlesWorking) {
  const int64_t bytes_before = codegen::live_code_bytes();
  const Tensor x = ramp({5});
  {
    std::optional<decltype(function(doubled))> traced = function(doubled, {.cache_entries = 1});
    const auto concrete = traced->trace(x).compile();
    const auto recorded = traced->trace(ramp({6}));
    EXPECT_TRUE(same_bits(concrete(x), x * 2.0f)) << "after its eviction";
    EXPECT_TRUE(concrete == traced->trace(x).compile()) << "taken back, since a handle holds it";
    std::atomic<int> calls{0}, wrong{0};
    std::atomic<bool> last{false};
    std::thread other([concrete, x, &calls, &wrong, &last] {
      for (bool is_last = false; !is_last; ++calls) {
        is_last = last;
        wrong += !same_bits(concrete(x), x * 2.0f);
      }
    });
    while (calls == 0)
      std::this_thread::yield();
    traced->clear_cache();
    traced.reset();
    last = true;
    other.join();
    EXPECT_EQ(wrong, 0) << "after its Function";
    EXPECT_TRUE(same_bits(recorded.compile()(ramp({6})), ramp({6}) * 2.0f));
  }
  EXPECT_EQ(codegen::live_code_bytes(), bytes_before);
}

/// Runs `body` in the middle of each traced run that prints.
class Interrupting {
public:
  explicit Interrupting(std::function<void()> body) : body_(std::move(body)) {
    runtime::set_print_sink([](void *self, std::string_view) { static_cast<Interrupting *>(self)->body_(); }, this);
  }
  ~Interrupting() { runtime::set_print_sink(nullptr, nullptr); }

private:
  std::function<void()> body_;
};

TEST(CacheLimits, LetARunFinishWhatIsEvictedMeanwhile) {
  const int64_t bytes_before = codegen::live_code_bytes();
  auto traced = function(
      [](Tensor x, Tensor loud) {
        if (loud.shape()[0] == 2)
          print("{}", x);
        return x * 2.0f;
      },
      {.cache_entries = 1});
  const Tensor loud = ramp({2}), quiet = ramp({1}), x = ramp({9});
  int interruptions = 0;
  const Interrupting interrupting([&] {
    ++interruptions;
    EXPECT_TRUE(same_bits(traced(ramp({3}), quiet), ramp({3}) * 2.0f)); // evicts the caller's trace
    EXPECT_TRUE(same_bits(traced(ramp({4}), quiet), ramp({4}) * 2.0f));
    traced.clear_cache();
  });
  for (int call = 0; call < 3; ++call)
    EXPECT_TRUE(same_bits(traced(x, loud), x * 2.0f));
  EXPECT_EQ(interruptions, 3);
  EXPECT_EQ(traced.cached(), 0);
  EXPECT_EQ(codegen::live_code_bytes(), bytes_before) << "freed with its last run";
}

TEST(CacheLimits, StatsOnlyGrow) {
  auto traced = function([](Tensor x) { return reduce_sum(exp(x) * 2.0f); }, {.cache_entries = 2});
  FunctionStats last;
  for (int call = 0; call < 20; ++call) {
    traced(ramp({call % 5 + 1}));
    if (call == 10)
      traced.clear_cache();
    const FunctionStats stats = traced.stats();
    EXPECT_EQ(stats.hits + stats.misses, call + 1);
    EXPECT_EQ(stats.traces, stats.misses);
    EXPECT_GE(stats.evictions, last.evictions);
    EXPECT_GT(stats.trace_ms, last.trace_ms);
    EXPECT_GT(stats.compile_ms, last.compile_ms);
    EXPECT_EQ(stats.kernels, stats.traces);
    EXPECT_EQ(stats.fused_ops, 4 * stats.traces) << "the literal is one";
    last = stats;
  }
  EXPECT_EQ(last.evictions, 20 - 2 - 2) << "two were cleared, two are there";
}

TEST(CacheLimits, AHundredThreadsTraceOnce) {
  std::atomic<int> runs{0}, wrong{0};
  auto traced = function([&runs](Tensor x) {
    ++runs;
    return exp(x) * 2.0f;
  });
  const Tensor x = ramp({16}), expected = exp(x) * 2.0f;
  in_threads(100, [&](int) { wrong += !same_bits(traced(x), expected); });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(runs, 1);
  const FunctionStats stats = traced.stats();
  EXPECT_EQ(stats.traces, 1);
  EXPECT_EQ(stats.hits + stats.misses, 100);
}

TEST(CacheLimits, HoldWhileThreadsCallEvictAndClear) {
  const int64_t bytes_before = codegen::live_code_bytes();
  {
    auto traced = function(doubled, {.cache_entries = 3});
    std::atomic<int> wrong{0};
    in_threads(8, [&](int thread) {
      for (int call = 0; call < 150; ++call) {
        // Mostly one of two; the rest makes them leave.
        const Tensor x = ramp({call % 10 == 9 ? (call + thread) % 7 + 3 : thread % 2 + 1});
        wrong += !same_bits(traced(x), x * 2.0f);
        wrong += traced.cached() > 3;
        if (thread == 0 && call % 50 == 25)
          traced.clear_cache();
        if (thread == 1 && call % 50 == 0)
          wrong += !same_bits(traced.trace(x).compile()(x), x * 2.0f);
      }
    });
    EXPECT_EQ(wrong, 0);
    const FunctionStats stats = traced.stats();
    EXPECT_EQ(stats.hits + stats.misses, 8 * 150);
    EXPECT_EQ(stats.code_bytes, codegen::live_code_bytes() - bytes_before);
  }
  EXPECT_EQ(codegen::live_code_bytes(), bytes_before);
}

} // namespace
} // namespace etch
