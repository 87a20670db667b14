// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace etch {
namespace {

using test::in_threads;
using test::ramp;
using test::same_bits;

TEST(ConcurrentCalls, TraceASignatureOnce) {
  std::atomic<int> runs{0};
  auto traced = function([&](Tensor x) {
    ++runs;
    return exp(x) + 1.0f;
  });
  const Tensor x = ramp({16}), expected = exp(x) + 1.0f;
  std::atomic<int> wrong{0};
  in_threads(8, [&](int) {
    if (!same_bits(traced(x), expected))
      ++wrong;
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(traced.trace_count(), 1);
}

TEST(ConcurrentCalls, TraceDifferentSignatures) {
  auto traced = function([](Tensor x) { return x * 2.0f; });
  std::atomic<int> wrong{0};
  in_threads(8, [&](int thread) {
    for (int size = 0; size < 4; ++size) {
      const Tensor x = ramp({(thread + size) % 6});
      if (!same_bits(traced(x), x * 2.0f))
        ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(traced.trace_count(), 6);
}

TEST(ConcurrentCalls, TraceDifferentSignaturesAtTheSameTime) {
  std::atomic<int> tracing{0};
  std::atomic<bool> has_hit{false};
  const auto becomes_true = [](auto &&condition) {
    for (int wait = 0; wait < 20000 && !condition(); ++wait)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
  };
  std::atomic<int> late{0};
  auto traced = function([&](Tensor x) {
    if (x.rank() == 1) {
      ++tracing; // waits for the other two threads, which is forever if either waits for this one
      late += !becomes_true([&] { return tracing == 2 && has_hit; });
    }
    return x * 2.0f;
  });
  traced(1.0f);
  in_threads(3, [&](int thread) {
    if (thread < 2) {
      traced(ramp({thread + 1}));
    } else {
      late += !becomes_true([&] { return tracing == 2; });
      traced(1.0f);
      has_hit = true;
    }
  });
  EXPECT_EQ(late, 0);
  EXPECT_EQ(traced.trace_count(), 3);
}

TEST(ConcurrentCalls, SurviveAFailedRecording) {
  std::atomic<int> runs{0};
  auto traced = function([&](Tensor x) {
    if (++runs <= 3)
      throw std::logic_error("not yet");
    return x;
  });
  std::atomic<int> failures{0};
  in_threads(8, [&](int) {
    try {
      traced(1.0f);
    } catch (const std::logic_error &) {
      ++failures;
    }
  });
  EXPECT_EQ(failures, 3);
  EXPECT_EQ(traced.trace_count(), 1);
}

} // namespace
} // namespace etch
