// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/reclaim.h"

#include <algorithm>
#include <mutex>

namespace etch::tracer {
namespace {

// Neither is ever destroyed: destructors of static objects may call functions.
constinit std::mutex free_mutex;
constinit ReaderSlot *free_of_no_thread = nullptr;

} // namespace

constinit std::atomic<uint64_t> Reader::current_epoch_{1};
constinit std::atomic<ReaderSlot *> Reader::all_{nullptr};
constinit thread_local ReaderSlot *Reader::free_of_thread_ = nullptr;

struct Reader::ThreadExit {
  static constinit thread_local bool has_begun; ///< destructors of thread_locals may still call functions

  ~ThreadExit() {
    has_begun = true;
    while (free_of_thread_)
      give_to_all(std::exchange(free_of_thread_, free_of_thread_->next_free));
  }
};

constinit thread_local bool Reader::ThreadExit::has_begun = false;

ReaderSlot *Reader::take_new() {
  if (!ThreadExit::has_begun)
    static thread_local ThreadExit at_exit;
  ReaderSlot **home = ThreadExit::has_begun ? nullptr : &free_of_thread_;
  {
    std::lock_guard lock(free_mutex);
    if (ReaderSlot *slot = free_of_no_thread) {
      free_of_no_thread = slot->next_free;
      slot->home = home;
      return slot;
    }
  }
  static std::atomic<uint32_t> count{0};
  auto *slot = new ReaderSlot;
  slot->home = home;
  slot->number = count.fetch_add(1, std::memory_order_relaxed);
  slot->next = all_.load(std::memory_order_relaxed);
  // seq_cst for the same reason as the announcement: a writer that does not meet this slot has unlinked before.
  while (!all_.compare_exchange_weak(slot->next, slot, std::memory_order_seq_cst, std::memory_order_relaxed)) {
  }
  return slot;
}

void Reader::give_to_all(ReaderSlot *slot) {
  std::lock_guard lock(free_mutex);
  slot->next_free = free_of_no_thread;
  free_of_no_thread = slot;
}

void Retired::reserve(size_t count) {
  if (objects_.capacity() < objects_.size() + count)
    objects_.reserve(2 * objects_.size() + count);
}

void Retired::add(std::shared_ptr<const void> object) {
  // A search that has read the epoch after this knows of the unlinking, which came before.
  const uint64_t epoch = Reader::current_epoch_.fetch_add(1, std::memory_order_seq_cst);
  objects_.push_back({epoch, std::move(object)});
}

bool Retired::is_seen(const Object &retired) {
  for (const ReaderSlot *slot = Reader::all_.load(std::memory_order_seq_cst); slot; slot = slot->next) {
    const uint64_t since = slot->searching_since.load(std::memory_order_seq_cst);
    if (since != 0 && since <= retired.epoch)
      return true;
    if (slot->held.load(std::memory_order_acquire) == retired.object.get())
      return true;
  }
  return false;
}

std::vector<std::shared_ptr<const void>> Retired::collect() {
  std::vector<std::shared_ptr<const void>> free;
  free.reserve(objects_.size());
  const auto seen_end = std::partition(objects_.begin(), objects_.end(), is_seen);
  for (auto object = seen_end; object != objects_.end(); ++object)
    free.push_back(std::move(object->object));
  objects_.erase(seen_end, objects_.end());
  return free;
}

} // namespace etch::tracer
