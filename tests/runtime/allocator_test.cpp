// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/allocator.h"

#include "tests/runtime/error_text.h"

#include <etch/ops.h>

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define ETCH_ASAN 1
#else
#define ETCH_ASAN 0
#endif

namespace etch::runtime {
namespace {

TEST(Allocator, AlignsTheElementsOfTensors) {
  for (int64_t size : {1, 7, 1000})
    EXPECT_EQ(reinterpret_cast<uintptr_t>(zeros({size}).data<float>()) % 64, 0u) << size;
}

TEST(Allocator, AlignsEveryBlock) {
  std::vector<std::pair<void *, int64_t>> blocks;
  for (int64_t bytes : {0, 1, 63, 64, 65, 257, 1000, 4097, 1 << 20, (1 << 21) + 1, 5 << 20}) {
    void *block = allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u) << bytes;
    std::memset(block, 0x5a, static_cast<size_t>(bytes));
    blocks.emplace_back(block, bytes);
  }
  for (auto [block, bytes] : blocks)
    release(block, bytes);
}

TEST(Allocator, CountsWhatIsLive) {
  const AllocatorCounters before = allocator_counters();
  void *block = allocate(1000);
  EXPECT_EQ(allocator_counters().live_bytes - before.live_bytes, 1000);
  EXPECT_EQ(allocator_counters().requests - before.requests, 1);
  release(block, 1000);
  EXPECT_EQ(allocator_counters().live_bytes, before.live_bytes);
}

TEST(Allocator, ReusesFreedBlocksOfEverySize) {
  if (ETCH_ASAN)
    GTEST_SKIP() << "every block is the system's own under AddressSanitizer";
  for (int64_t bytes : {1, 64, 100, 1000, 1 << 16, (1 << 20) + 1, 3 << 20}) {
    release(allocate(bytes), bytes);
    const int64_t before = allocator_counters().system_allocations;
    for (int i = 0; i < 100; ++i)
      release(allocate(bytes), bytes);
    EXPECT_EQ(allocator_counters().system_allocations, before) << bytes;
  }
}

TEST(Allocator, SharesBlocksBetweenThreads) {
  if (ETCH_ASAN)
    GTEST_SKIP() << "every block is the system's own under AddressSanitizer";
  const int64_t bytes = 12'345;
  const int64_t live = allocator_counters().live_bytes;
  std::thread([&] { release(allocate(bytes), bytes); }).join();
  const int64_t before = allocator_counters().system_allocations;
  release(allocate(bytes), bytes);
  EXPECT_EQ(allocator_counters().system_allocations, before);
  EXPECT_EQ(allocator_counters().live_bytes, live);
}

TEST(Allocator, CountsBlocksFreedByOtherThreads) {
  const int64_t live = allocator_counters().live_bytes;
  void *block = allocate(5000);
  std::thread([&] { release(block, 5000); }).join();
  EXPECT_EQ(allocator_counters().live_bytes, live);
}

TEST(Allocator, RejectsAbsurdRequests) {
  for (int64_t bytes : {int64_t{-1}, int64_t{1} << 50, INT64_MAX - 100, INT64_MAX}) {
    EXPECT_EQ(error_text([&] { allocate(bytes); }),
              "allocate: " + std::to_string(bytes) + " bytes are more than this machine can hold");
    EXPECT_EQ(error_code([&] { allocate(bytes); }), ErrorCode::too_large);
  }
}

TEST(Allocator, ManyThreadsMayUseItAtOnce) {
  const int64_t live = allocator_counters().live_bytes;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      std::vector<std::pair<void *, int64_t>> mine;
      for (int i = 0; i < 2000; ++i) {
        const int64_t bytes = (i * 37 + t * 101) % 5000;
        void *block = allocate(bytes);
        std::memset(block, t, static_cast<size_t>(bytes));
        mine.emplace_back(block, bytes);
        if (i % 3 == 0) {
          auto [old, old_bytes] = mine[mine.size() / 2];
          mine.erase(mine.begin() + static_cast<long>(mine.size() / 2));
          for (int64_t b = 0; b < old_bytes; ++b)
            ASSERT_EQ(static_cast<char *>(old)[b], t);
          release(old, old_bytes);
        }
      }
      for (auto [block, bytes] : mine)
        release(block, bytes);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(allocator_counters().live_bytes, live);
}

#ifndef NDEBUG
TEST(Allocator, DebugBuildsFillBlocksWithNaN) {
  double *block = static_cast<double *>(allocate(64));
  for (int i = 0; i < 8; ++i)
    EXPECT_NE(block[i], block[i]);
  release(block, 64);
}
#endif

TEST(Allocator, AWarmTensorNeedsNoSystemAllocation) {
  if (ETCH_ASAN)
    GTEST_SKIP() << "every block is the system's own under AddressSanitizer";
  const std::vector<float> elements(100, 1.f);
  const auto make = [&] { return from_vector(elements, Shape({10, 10})); };
  make();
  const AllocatorCounters before = allocator_counters();
  for (int i = 0; i < 10; ++i)
    make();
  EXPECT_EQ(allocator_counters().system_allocations, before.system_allocations);
  EXPECT_EQ(allocator_counters().requests - before.requests, 10);
  EXPECT_EQ(allocator_counters().live_bytes, before.live_bytes);
}

} // namespace
} // namespace etch::runtime
