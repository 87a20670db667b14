// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

#include <atomic>
#include <stdexcept>
#include <thread>

namespace etch {
namespace {

using test::ramp;
using test::same_bits;

template <class Body>
void in_threads(int count, Body &&body) {
  std::atomic<int> waiting{count};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < count; ++thread)
    threads.emplace_back([&, thread] {
      --waiting;
      while (waiting > 0)
        std::this_thread::yield();
      body(thread);
    });
  for (std::thread &thread : threads)
    thread.join();
}

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
