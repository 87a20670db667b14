// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/thread_pool.h"

#include "runtime/float_environment.h"
#include "tests/runtime/error_text.h"

#include <etch/environment.h>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace etch::runtime {
namespace {

class ThreadPool : public testing::Test {
protected:
  ~ThreadPool() override { set_thread_count(before_); }
  const int before_ = thread_count();
};

struct Visits {
  std::vector<std::atomic<int>> counts;
  std::atomic<int> short_ranges{0};
  int64_t grain;

  explicit Visits(int64_t tiles, int64_t grain) : counts(static_cast<size_t>(tiles)), grain(grain) {}
  static void visit(void *context, int64_t begin, int64_t end) {
    Visits &self = *static_cast<Visits *>(context);
    if (end - begin < self.grain && end != static_cast<int64_t>(self.counts.size()))
      ++self.short_ranges;
    for (int64_t tile = begin; tile < end; ++tile)
      ++self.counts[static_cast<size_t>(tile)];
  }
};

TEST_F(ThreadPool, VisitsEveryTileOnce) {
  for (int threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    for (int64_t tiles : {0, 1, 2, 3, 7, 64, 1000})
      for (int64_t grain : {1, 3, 100}) {
        Visits visits(tiles, grain);
        parallel_for(tiles, grain, Visits::visit, &visits);
        for (const auto &count : visits.counts)
          ASSERT_EQ(count, 1) << threads << " " << tiles << " " << grain;
        EXPECT_EQ(visits.short_ranges, 0);
      }
  }
}

TEST_F(ThreadPool, UsesOtherThreads) {
  set_thread_count(2);
  struct Meeting {
    std::atomic<int> arrived{0};
    std::atomic<bool> met{false};
  } meeting;
  // Two ranges that wait for each other can only end on two threads.
  const auto wait = [](void *context, int64_t, int64_t) {
    Meeting &meeting = *static_cast<Meeting *>(context);
    ++meeting.arrived;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (meeting.arrived < 2 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    if (meeting.arrived >= 2)
      meeting.met = true;
  };
  parallel_for(2, 1, wait, &meeting);
  EXPECT_TRUE(meeting.met);
}

TEST_F(ThreadPool, NestedCallsRunInline) {
  set_thread_count(3);
  struct Nested {
    std::atomic<int> tiles{0};
    std::atomic<int> moved{0};
  } nested;
  parallel_for(
      8, 1,
      [](void *context, int64_t begin, int64_t end) {
        for (int64_t tile = begin; tile < end; ++tile) {
          struct Inner {
            Nested &nested;
            std::thread::id outer;
          } inner{*static_cast<Nested *>(context), std::this_thread::get_id()};
          parallel_for(
              100, 1,
              [](void *context, int64_t begin, int64_t end) {
                Inner &inner = *static_cast<Inner *>(context);
                inner.nested.tiles += static_cast<int>(end - begin);
                if (inner.outer != std::this_thread::get_id())
                  ++inner.nested.moved;
              },
              &inner);
        }
      },
      &nested);
  EXPECT_EQ(nested.tiles, 800);
  EXPECT_EQ(nested.moved, 0);
}

TEST_F(ThreadPool, SeveralThreadsMayCallAtOnce) {
  set_thread_count(3);
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([] {
      for (int i = 0; i < 200; ++i) {
        Visits visits(50, 1);
        parallel_for(50, 1, Visits::visit, &visits);
        for (const auto &count : visits.counts)
          ASSERT_EQ(count, 1);
      }
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST_F(ThreadPool, WakesSleepingWorkers) {
  set_thread_count(2);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(i % 2 ? 500 : 20));
    Visits visits(16, 1);
    parallel_for(16, 1, Visits::visit, &visits);
    for (const auto &count : visits.counts)
      ASSERT_EQ(count, 1);
  }
}

TEST_F(ThreadPool, ThreadCountIsChecked) {
  EXPECT_EQ(error_text([] { set_thread_count(0); }), "set_thread_count: count must be in 1..1024, got 0");
  EXPECT_EQ(error_text([] { set_thread_count(1025); }), "set_thread_count: count must be in 1..1024, got 1025");
  set_thread_count(5);
  EXPECT_EQ(thread_count(), 5);
}

TEST_F(ThreadPool, AChildProcessStartsItsOwnWorkers) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer allows no threads after a fork";
#endif
  set_thread_count(2);
  Visits first(64, 1);
  parallel_for(64, 1, Visits::visit, &first);
  const pid_t child = fork();
  if (child == 0) {
    Visits visits(64, 1);
    parallel_for(64, 1, Visits::visit, &visits);
    for (const auto &count : visits.counts)
      if (count != 1)
        _exit(1);
    _exit(0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

constexpr unsigned kFlushAndRoundUp = 0x1f80 | 0x8000 | 0x40 | 0x4000;

TEST_F(ThreadPool, WorkersHaveTheDefaultFloatEnvironment) {
  set_thread_count(3);
  const unsigned before = _mm_getcsr();
  _mm_setcsr(kFlushAndRoundUp);
  std::atomic<int> wrong{0};
  {
    const FloatEnvironment environment;
    for (int i = 0; i < 50; ++i)
      parallel_for(
          30, 1,
          [](void *context, int64_t, int64_t) {
            if ((_mm_getcsr() & ~0x3fu) != 0x1f80)
              ++*static_cast<std::atomic<int> *>(context);
          },
          &wrong);
  }
  EXPECT_EQ(_mm_getcsr(), kFlushAndRoundUp);
  _mm_setcsr(before);
  EXPECT_EQ(wrong, 0);
}

TEST(FloatEnvironment, LeavesTheHostsFlagsAlone) {
  const unsigned before = _mm_getcsr();
  for (unsigned rounding : {0x0000u, 0x2000u, 0x4000u, 0x6000u})
    for (unsigned flush : {0x0000u, 0x8040u})
      for (unsigned sticky : {0x00u, 0x20u, 0x3fu}) {
        const unsigned host = 0x1f80 | rounding | flush | sticky;
        _mm_setcsr(host);
        {
          const FloatEnvironment environment;
          EXPECT_EQ(_mm_getcsr() & ~0x3fu, 0x1f80u);
          volatile float inexact = 1.f;
          inexact = inexact / 3.f;
        }
        EXPECT_EQ(_mm_getcsr(), host);
      }
  _mm_setcsr(before);
}

} // namespace
} // namespace etch::runtime
