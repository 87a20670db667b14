// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/allocator.h"

#include "support/require.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define ETCH_PASS_THROUGH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ETCH_PASS_THROUGH 1
#endif
#endif
#ifndef ETCH_PASS_THROUGH
#define ETCH_PASS_THROUGH 0
#endif

namespace etch::runtime {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

// Four classes per doubling, so at most a fifth of a block is unused: 64, 128, 192, 256, 320, 384, 448, 512, 640, ...
constexpr int kClassCount = 160;
// A thread keeps small blocks only: for large ones the backstop's lock is nothing beside filling them.
constexpr size_t kThreadBlockLimit = size_t{1} << 20;
constexpr size_t kThreadCacheLimit = size_t{8} << 20;
// Blocks freed beyond this go back to the system at once.
constexpr size_t kBackstopLimit = size_t{1} << 30;

constexpr int class_of(size_t bytes) {
  const size_t units = std::max<size_t>((bytes + kAlignment - 1) / kAlignment, 1);
  if (units <= 4)
    return static_cast<int>(units) - 1;
  const int top = std::bit_width(units - 1) - 1; // 2^top < units <= 2^(top+1)
  const size_t quarter = size_t{1} << (top - 2);
  const size_t steps = (units - (size_t{1} << top) + quarter - 1) / quarter;
  return 4 * (top - 2) + static_cast<int>(steps) + 3;
}

constexpr size_t bytes_of_class(int size_class) {
  if (size_class < 4)
    return (size_class + 1) * kAlignment;
  const int top = (size_class - 4) / 4 + 2;
  const size_t quarter = size_t{1} << (top - 2);
  return ((size_t{1} << top) + ((size_class - 4) % 4 + 1) * quarter) * kAlignment;
}
static_assert(class_of(64) == 0 && class_of(257) == 4 && bytes_of_class(class_of(257)) == 320);
static_assert(bytes_of_class(class_of(513)) == 640 && bytes_of_class(class_of(1000)) == 1024);

struct FreeBlock {
  FreeBlock *next;
};

std::atomic<int64_t> system_allocations{0};

void *system_allocate(size_t bytes) {
  const bool large = bytes >= kHugePage && !ETCH_PASS_THROUGH;
  void *block = nullptr;
  if (posix_memalign(&block, large ? kHugePage : kAlignment, bytes) != 0)
    return nullptr;
  if (large)
    madvise(block, bytes, MADV_HUGEPAGE);
  system_allocations.fetch_add(1, std::memory_order_relaxed);
  return block;
}

// Free lists shared by all threads, and the counters of threads that have ended. Never destroyed, because tensors in
// static storage outlive every other object here.
class Backstop {
public:
  void *take(int size_class) {
    std::lock_guard lock(mutex_);
    FreeBlock *block = lists_[size_class];
    if (!block)
      return nullptr;
    lists_[size_class] = block->next;
    bytes_ -= bytes_of_class(size_class);
    return block;
  }
  void give(void *block, int size_class) {
    {
      std::lock_guard lock(mutex_);
      if (bytes_ + bytes_of_class(size_class) <= kBackstopLimit) {
        bytes_ += bytes_of_class(size_class);
        lists_[size_class] = new (block) FreeBlock{lists_[size_class]};
        return;
      }
    }
    std::free(block);
  }
  void clear() {
    for (int size_class = 0; size_class < kClassCount; ++size_class)
      while (void *block = take(size_class))
        std::free(block);
  }

private:
  std::mutex mutex_;
  FreeBlock *lists_[kClassCount] = {};
  size_t bytes_ = 0;
};

// Written by one thread, read by any: plain increments of relaxed atomics cost no locked instruction.
struct Counts {
  std::atomic<int64_t> live_bytes{0};
  std::atomic<int64_t> requests{0};

  void add(int64_t live, int64_t request) {
    live_bytes.store(live_bytes.load(std::memory_order_relaxed) + live, std::memory_order_relaxed);
    requests.store(requests.load(std::memory_order_relaxed) + request, std::memory_order_relaxed);
  }
};

class ThreadCache;

class Registry {
public:
  void enter(ThreadCache *cache);
  void leave(ThreadCache *cache);
  AllocatorCounters total();
  void add_ended(int64_t live, int64_t request) {
    std::lock_guard lock(mutex_);
    ended_.add(live, request);
  }

private:
  std::mutex mutex_;
  ThreadCache *first_ = nullptr;
  Counts ended_;
};

template <class T>
T &immortal() {
  alignas(T) static char storage[sizeof(T)];
  static T *object = new (storage) T;
  return *object;
}

class ThreadCache {
public:
  ThreadCache() { immortal<Registry>().enter(this); }
  ~ThreadCache() {
    for (int size_class = 0; size_class < kClassCount; ++size_class)
      while (void *block = pop(size_class))
        immortal<Backstop>().give(block, size_class);
    immortal<Registry>().leave(this);
  }

  void *pop(int size_class) {
    FreeBlock *block = lists_[size_class];
    if (block) {
      lists_[size_class] = block->next;
      bytes_ -= bytes_of_class(size_class);
    }
    return block;
  }
  bool push(void *block, int size_class) {
    const size_t bytes = bytes_of_class(size_class);
    if (bytes > kThreadBlockLimit || bytes_ + bytes > kThreadCacheLimit)
      return false;
    bytes_ += bytes;
    lists_[size_class] = new (block) FreeBlock{lists_[size_class]};
    return true;
  }

  Counts counts;
  ThreadCache *next = nullptr;
  ThreadCache *previous = nullptr;

private:
  FreeBlock *lists_[kClassCount] = {};
  size_t bytes_ = 0;
};

void Registry::enter(ThreadCache *cache) {
  std::lock_guard lock(mutex_);
  cache->next = first_;
  if (first_)
    first_->previous = cache;
  first_ = cache;
}

void Registry::leave(ThreadCache *cache) {
  std::lock_guard lock(mutex_);
  (cache->previous ? cache->previous->next : first_) = cache->next;
  if (cache->next)
    cache->next->previous = cache->previous;
  ended_.add(cache->counts.live_bytes, cache->counts.requests);
}

AllocatorCounters Registry::total() {
  std::lock_guard lock(mutex_);
  AllocatorCounters total{ended_.live_bytes, ended_.requests, system_allocations.load()};
  for (ThreadCache *cache = first_; cache; cache = cache->next) {
    total.live_bytes += cache->counts.live_bytes;
    total.requests += cache->counts.requests;
  }
  return total;
}

// Plain data, which destructors of an ending thread may still read. Looked up once a request: it is a call where the
// library was loaded late.
constinit thread_local ThreadCache *cache_of_thread = nullptr;
constinit thread_local bool thread_has_ended = false;

struct ThreadEnd {
  ~ThreadEnd() {
    thread_has_ended = true;
    delete std::exchange(cache_of_thread, nullptr);
  }
};

[[gnu::noinline]] ThreadCache *make_thread_cache() {
  if (thread_has_ended)
    return nullptr;
  static thread_local ThreadEnd at_end;
  return cache_of_thread = new (std::nothrow) ThreadCache;
}

// Null once this thread's cache has been destroyed.
ThreadCache *thread_cache() {
  if (ThreadCache *cache = cache_of_thread) [[likely]]
    return cache;
  return make_thread_cache();
}

void count(ThreadCache *cache, int64_t live, int64_t request) {
  if (cache)
    cache->counts.add(live, request);
  else
    immortal<Registry>().add_ended(live, request);
}

void *take(ThreadCache *cache, size_t bytes) {
  if (ETCH_PASS_THROUGH)
    return system_allocate(std::max<size_t>(bytes, 1));
  const int size_class = class_of(bytes);
  if (void *block = cache ? cache->pop(size_class) : nullptr)
    return block;
  if (void *block = immortal<Backstop>().take(size_class))
    return block;
  if (void *block = system_allocate(bytes_of_class(size_class)))
    return block;
  // The caches may hold what the system lacks.
  immortal<Backstop>().clear();
  return system_allocate(bytes_of_class(size_class));
}

void give(ThreadCache *cache, void *block, size_t bytes) noexcept {
  if (ETCH_PASS_THROUGH)
    return std::free(block);
  const int size_class = class_of(bytes);
  if (!cache || !cache->push(block, size_class))
    immortal<Backstop>().give(block, size_class);
}

[[noreturn, gnu::noinline]] void out_of_memory(int64_t bytes, Location location) { throw OutOfMemory(bytes, location); }

void fill_with_nan([[maybe_unused]] void *block, [[maybe_unused]] int64_t bytes) {
#ifndef NDEBUG
  // Signalling as f64 and as f32 at even places.
  std::fill_n(static_cast<uint64_t *>(block), bytes / 8, uint64_t{0x7ff400007fa00000});
#endif
}

} // namespace

OutOfMemory::OutOfMemory(int64_t bytes, Location location)
    : Error(ErrorCode::too_large, "allocate: " + std::to_string(bytes) + " bytes are more than this machine can hold",
            location),
      bytes_(bytes) {}

int64_t physical_memory() {
  static const int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return bytes;
}

AllocatorCounters allocator_counters() { return immortal<Registry>().total(); }

void *allocate(int64_t bytes, Location location) {
  // Linux promises memory it does not have and kills the process when it is used, so the bound is checked here.
  if (bytes < 0 || bytes > physical_memory()) [[unlikely]]
    out_of_memory(bytes, location);
  ThreadCache *cache = thread_cache();
  void *block = take(cache, static_cast<size_t>(bytes));
  if (!block) [[unlikely]]
    out_of_memory(bytes, location);
  count(cache, bytes, 1);
  fill_with_nan(block, bytes);
  return block;
}

void release(void *block, int64_t bytes) noexcept {
  ThreadCache *cache = thread_cache();
  count(cache, -bytes, 0);
  give(cache, block, static_cast<size_t>(bytes));
}

void *allocate_object(size_t bytes) {
  void *block = bytes <= static_cast<size_t>(physical_memory()) ? take(thread_cache(), bytes) : nullptr;
  if (!block) [[unlikely]]
    out_of_memory(static_cast<int64_t>(bytes), {});
  fill_with_nan(block, static_cast<int64_t>(bytes));
  return block;
}

void release_object(void *block, size_t bytes) noexcept { give(thread_cache(), block, bytes); }

void release_cached_memory() { immortal<Backstop>().clear(); }

} // namespace etch::runtime
