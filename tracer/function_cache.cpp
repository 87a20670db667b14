// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/function_cache.h"

#include "tracer/signature.h"

#include <algorithm>

namespace etch::tracer {

/// Open addressing with linear probing, at most half full, so that every probe ends at an empty slot.
struct FunctionCache::Table {
  explicit Table(size_t size) : slots(size) {}

  void put(const Entry *entry) {
    size_t slot = entry->hash & (slots.size() - 1);
    while (slots[slot].load(std::memory_order_relaxed))
      slot = (slot + 1) & (slots.size() - 1);
    slots[slot].store(entry, std::memory_order_release);
  }

  std::vector<std::atomic<const Entry *>> slots; // a power of two
};

bool FunctionCache::Entry::matches(std::span<const uint64_t> words) const {
  return std::equal(words.begin(), words.end(), signature.begin(), signature.end());
}

FunctionCache::FunctionCache() {
  tables_.push_back(std::make_unique<Table>(8));
  table_.store(tables_.back().get(), std::memory_order_release);
}

FunctionCache::~FunctionCache() = default;

const FunctionCache::Entry *FunctionCache::find_entry(std::span<const uint64_t> signature) const {
  const Entry *latest = latest_.load(std::memory_order_acquire);
  if (latest && latest->matches(signature))
    return latest;
  const uint64_t hash = hash_of(signature);
  const Table &table = *table_.load(std::memory_order_acquire);
  const size_t mask = table.slots.size() - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const Entry *entry = table.slots[slot].load(std::memory_order_acquire);
    if (!entry)
      return nullptr;
    if (entry->hash == hash && entry->matches(signature)) {
      latest_.store(entry, std::memory_order_release);
      return entry;
    }
  }
}

const std::shared_ptr<ConcreteFunction> *FunctionCache::find(std::span<const uint64_t> signature) const {
  const Entry *entry = find_entry(signature);
  return entry ? &entry->function : nullptr;
}

const FunctionCache::Entry *FunctionCache::insert(std::unique_ptr<Entry> entry) {
  entries_.push_back(std::move(entry));
  if (entries_.size() * 2 > tables_.back()->slots.size()) {
    auto larger = std::make_unique<Table>(tables_.back()->slots.size() * 2);
    for (const auto &known : entries_)
      larger->put(known.get());
    tables_.push_back(std::move(larger));
    table_.store(tables_.back().get(), std::memory_order_release);
  } else {
    tables_.back()->put(entries_.back().get());
  }
  return entries_.back().get();
}

const std::shared_ptr<ConcreteFunction> &FunctionCache::find_or_make(std::span<const uint64_t> signature,
                                                                     const Make &make) {
  const std::vector<uint64_t> words(signature.begin(), signature.end());
  {
    std::unique_lock lock(mutex_);
    made_.wait(lock, [&] { return !being_made_.contains(words); });
    if (const Entry *entry = find_entry(words))
      return entry->function;
    being_made_.insert(words);
  }
  std::shared_ptr<ConcreteFunction> function;
  try {
    function = make();
  } catch (...) {
    std::lock_guard lock(mutex_);
    being_made_.erase(words);
    made_.notify_all();
    throw;
  }
  std::lock_guard lock(mutex_);
  being_made_.erase(words);
  made_.notify_all();
  auto entry = std::make_unique<Entry>(Entry{hash_of(words), words, std::move(function)});
  return insert(std::move(entry))->function;
}

std::vector<std::shared_ptr<ConcreteFunction>> FunctionCache::all() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ConcreteFunction>> functions;
  for (const auto &entry : entries_)
    functions.push_back(entry->function);
  return functions;
}

} // namespace etch::tracer
