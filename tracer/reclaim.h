// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace etch::tracer {

/// Where a thread announces what it reads. Slots are reused but never freed, so a writer may walk over all of them at
/// any time, and none is shared by two threads at once: announcing costs no other thread a cache line.
struct alignas(64) ReaderSlot {
  std::atomic<uint64_t> searching_since{0}; ///< an epoch; 0 between searches
  std::atomic<const void *> held{nullptr};
  uint32_t number = 0;
  ReaderSlot **home = nullptr;     ///< the list of its thread; null for a thread that is about to end
  ReaderSlot *next_free = nullptr; ///< in that list, or in that of no thread
  ReaderSlot *next = nullptr;      ///< among all
};

/// Lets a thread read, without a lock, a structure out of which writers take objects to free them.
///
/// While it *searches*, the thread may meet any object of the structure; that takes nanoseconds. Then it *holds* at
/// most one, for as long as it likes. What a writer has unlinked and retired is freed when every search that began
/// before has ended and nobody holds it. So a long run keeps the object alive that it uses, and nothing else.
///
/// Either a writer sees a search or the search sees what the writer unlinked: the reader announces itself before it
/// loads a link, the writer changes the link before it looks at announcements, and these four are seq_cst. Whoever
/// stores or loads a link must make them so.
class Reader {
public:
  Reader() : slot_(take()) {}
  Reader(Reader &&other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  Reader &operator=(Reader &&) = delete;
  ~Reader() {
    if (slot_)
      give_back(slot_);
  }

  /// Requires: nothing is held.
  void begin_search() {
    const uint64_t epoch = current_epoch_.load(std::memory_order_acquire);
    slot_->searching_since.store(epoch, std::memory_order_seq_cst);
  }
  /// `found` is held from here on; it may be null.
  void end_search(const void *found) {
    slot_->held.store(found, std::memory_order_release); // first: who sees no search must see what it found
    slot_->searching_since.store(0, std::memory_order_release);
  }
  /// Holds an object that was not searched for. Requires: the writers' lock, and that the object is not retired.
  void hold(const void *object) { slot_->held.store(object, std::memory_order_release); }
  void let_go() { slot_->held.store(nullptr, std::memory_order_release); }

  /// Small, and different for every two that exist at the same time. A number is used by one thread after another.
  uint32_t number() const { return slot_->number; }

private:
  friend class Retired;
  struct ThreadExit;

  static ReaderSlot *take() {
    ReaderSlot *slot = free_of_thread_;
    if (!slot) [[unlikely]]
      return take_new();
    free_of_thread_ = slot->next_free;
    return slot;
  }
  static void give_back(ReaderSlot *slot) {
    slot->held.store(nullptr, std::memory_order_release);
    if (!slot->home) [[unlikely]]
      return give_to_all(slot);
    slot->next_free = *slot->home; // not free_of_thread_, which costs a shared library a call to find
    *slot->home = slot;
  }
  static ReaderSlot *take_new();
  static void give_to_all(ReaderSlot *slot);

  static std::atomic<uint64_t> current_epoch_;
  static std::atomic<ReaderSlot *> all_;
  /// A list, because calls may be nested. Plain data: a thread_local with a destructor would be checked at each use.
  static constinit thread_local ReaderSlot *free_of_thread_;

  ReaderSlot *slot_;
};

/// What the writers of one structure have unlinked and readers may still see. Guarded by the writers' lock.
class Retired {
public:
  /// Makes that the next so many add() cannot fail: between unlinking and adding there is no way back.
  void reserve(size_t count);
  /// Requires: no link leads to the object, and none ever will.
  void add(std::shared_ptr<const void> object);
  /// Takes out what no reader sees any more. To be dropped after the lock: this may run any user's destructor.
  [[nodiscard]] std::vector<std::shared_ptr<const void>> collect();
  size_t size() const { return objects_.size(); }

private:
  struct Object {
    uint64_t epoch; ///< a search since a later one does not meet it
    std::shared_ptr<const void> object;
  };
  static bool is_seen(const Object &retired);

  std::vector<Object> objects_;
};

} // namespace etch::tracer
