// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/thread_pool.h"

#include "runtime/float_environment.h"
#include "support/environment.h"
#include "support/require.h"

#include <etch/environment.h>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>

namespace etch {
namespace runtime {
namespace {

constexpr int kMaxThreads = 1024;
constexpr auto kSpinTime = std::chrono::microseconds(50);

thread_local bool inside_parallel_for = false;

void relax() { _mm_pause(); }

// Spins while `waiting` holds, for about kSpinTime at most; not at all where that would keep a thread that has work from
// a processor.
template <class F>
void spin_while(F &&waiting) {
  static const int processors = static_cast<int>(std::thread::hardware_concurrency());
  if (thread_count() > processors)
    return;
  const auto end = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < 32; ++i) {
      if (!waiting())
        return;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
}

struct Job {
  TileBody body = nullptr;
  void *context = nullptr;
  int64_t tiles = 0;
  int64_t chunk = 1;
};

// Workers wait for the gate to show a new job. Entering counts them in; a worker that comes when the gate is closed
// again, or when enough are inside, waits on. So the caller only waits for workers that really hold a range.
class Pool {
public:
  bool try_run(const Job &job, int helpers) {
    if (!busy_.try_lock())
      return false;
    std::lock_guard busy(busy_, std::adopt_lock);
    start_workers(helpers);
    job_ = job;
    next_.store(0, std::memory_order_relaxed);
    const uint64_t ticket = ++ticket_ & 0xffffffff;
    gate_.store(ticket << 32 | static_cast<uint64_t>(helpers) << 16 | kOpen, std::memory_order_seq_cst);
    wake(helpers);
    work();
    close();
    return true;
  }

private:
  static constexpr uint64_t kOpen = 1 << 15;
  static constexpr uint64_t kInside = kOpen - 1;

  static uint64_t inside(uint64_t gate) { return gate & kInside; }
  static uint64_t limit(uint64_t gate) { return gate >> 16 & 0xffff; }

  void work() {
    for (;;) {
      const int64_t begin = next_.fetch_add(job_.chunk, std::memory_order_relaxed);
      if (begin >= job_.tiles)
        return;
      job_.body(job_.context, begin, std::min(begin + job_.chunk, job_.tiles));
    }
  }

  // Too few threads in the system only make the job slower.
  void start_workers(int wanted) {
    while (workers_ < wanted) {
      try {
        std::thread([this] { worker(); }).detach();
      } catch (const std::system_error &) {
        return;
      }
      ++workers_;
    }
  }

  void wake(int helpers) {
    if (sleeping_.load(std::memory_order_seq_cst) == 0)
      return;
    { std::lock_guard lock(mutex_); }
    for (int i = 0; i < helpers; ++i)
      work_ready_.notify_one();
  }

  void close() {
    uint64_t gate = gate_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
    if (inside(gate) == 0)
      return;
    const auto others = [&] { return inside(gate_.load(std::memory_order_acquire)) != 0; };
    spin_while(others);
    if (others()) {
      std::unique_lock lock(mutex_);
      all_left_.wait(lock, [&] { return !others(); });
    }
  }

  bool try_enter(uint64_t &seen) {
    // Ordered after sleeping_, as wake() orders its load of sleeping_ after the gate: one of the two sees the other.
    uint64_t gate = gate_.load(std::memory_order_seq_cst);
    while ((gate & kOpen) && gate >> 32 != seen) {
      if (inside(gate) >= limit(gate))
        return false;
      if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel)) {
        seen = gate >> 32;
        return true;
      }
    }
    return false;
  }

  void leave() {
    const uint64_t gate = gate_.fetch_sub(1, std::memory_order_acq_rel);
    if (inside(gate) == 1 && !(gate & kOpen)) {
      std::lock_guard lock(mutex_);
      all_left_.notify_one();
    }
  }

  void worker() {
    FloatEnvironment::set_for_this_thread();
    inside_parallel_for = true;
    uint64_t seen = 0;
    bool entered = false;
    for (;;) {
      const auto idle = [&] { return !(entered = try_enter(seen)); };
      if (idle())
        spin_while(idle);
      if (!entered) {
        std::unique_lock lock(mutex_);
        sleeping_.fetch_add(1, std::memory_order_seq_cst);
        work_ready_.wait(lock, [&] { return !idle(); });
        sleeping_.fetch_sub(1, std::memory_order_relaxed);
      }
      work();
      leave();
      entered = false;
    }
  }

  std::mutex busy_;
  Job job_;
  int workers_ = 0;
  uint32_t ticket_ = 0;
  alignas(64) std::atomic<int64_t> next_{0};
  // Number of the job, most workers, open, workers inside: 32, 16, 1 and 15 bits.
  alignas(64) std::atomic<uint64_t> gate_{0};
  alignas(64) std::atomic<int> sleeping_{0};
  std::mutex mutex_;
  std::condition_variable work_ready_, all_left_;
};

alignas(Pool) char pool_storage[sizeof(Pool)];

void make_pool() { new (pool_storage) Pool; }

// Never destroyed: at exit its threads may still be waiting in it. A child process has no workers and starts anew.
Pool &pool() {
  static const bool made = [] {
    make_pool();
    pthread_atfork(nullptr, nullptr, make_pool);
    return true;
  }();
  (void)made;
  return *reinterpret_cast<Pool *>(pool_storage);
}

int initial_thread_count() {
  const std::string text = support::environment("ETCH_THREADS");
  if (text.empty())
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  ETCH_REQUIRE(error == std::errc{} && end == text.data() + text.size() && count >= 1 && count <= kMaxThreads,
               ErrorCode::invalid_argument, Location{})
      << "ETCH_THREADS: must be in 1.." << kMaxThreads << ", got '" << text << "'";
  return count;
}

std::atomic<int> &thread_count_setting() {
  static std::atomic<int> count{initial_thread_count()};
  return count;
}

} // namespace

void parallel_for(int64_t tiles, int64_t grain, TileBody body, void *context) {
  if (tiles <= 0)
    return;
  grain = std::max<int64_t>(grain, 1);
  if (tiles > grain && !inside_parallel_for) {
    const int64_t ranges = (tiles + grain - 1) / grain;
    const int64_t threads = std::min<int64_t>(thread_count(), ranges);
    if (threads > 1) {
      // Four ranges a thread even out what other programs take from a core.
      const int64_t chunk = std::max(grain, (tiles + threads * 4 - 1) / (threads * 4));
      inside_parallel_for = true;
      const bool done = pool().try_run({body, context, tiles, chunk}, static_cast<int>(threads - 1));
      inside_parallel_for = false;
      if (done)
        return;
    }
  }
  body(context, 0, tiles);
}

} // namespace runtime

void set_thread_count(int count) {
  ETCH_REQUIRE(count >= 1 && count <= runtime::kMaxThreads, ErrorCode::invalid_argument, Location{})
      << "set_thread_count: count must be in 1.." << runtime::kMaxThreads << ", got " << count;
  runtime::thread_count_setting().store(count, std::memory_order_relaxed);
}

int thread_count() { return runtime::thread_count_setting().load(std::memory_order_relaxed); }

} // namespace etch
