// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/function_cache.h"

#include "runtime/executable.h"
#include "tracer/signature.h"

#include <algorithm>
#include <bit>

namespace etch::tracer {

/// Open addressing with linear probing. At most half of the slots are not empty, so every probe ends.
struct FunctionCache::Table {
  explicit Table(size_t size) : slots(size) {}

  /// What remains in the slot of an entry that was taken out: an empty slot would end the probes for others.
  static Entry *removed() {
    static char object;
    return reinterpret_cast<Entry *>(&object);
  }
  bool has_room() const { return (used + 1) * 2 <= slots.size(); }

  void put(Entry *entry) {
    size_t slot = entry->hash & (slots.size() - 1);
    Entry *there = slots[slot].load(std::memory_order_relaxed);
    while (there && there != removed()) {
      slot = (slot + 1) & (slots.size() - 1);
      there = slots[slot].load(std::memory_order_relaxed);
    }
    used += !there;
    slots[slot].store(entry, std::memory_order_seq_cst);
  }
  void remove(const Entry *entry) {
    size_t slot = entry->hash & (slots.size() - 1);
    while (slots[slot].load(std::memory_order_relaxed) != entry)
      slot = (slot + 1) & (slots.size() - 1);
    slots[slot].store(removed(), std::memory_order_seq_cst);
  }

  std::vector<std::atomic<Entry *>> slots; // a power of two
  size_t used = 0;                         // not empty; the writers' count
};

/// How a function finds the cache that made it, which may have ended: another function's trace may call it still.
struct FunctionCache::Link {
  std::mutex mutex;
  FunctionCache *cache;
};

FunctionCache::FunctionCache(Limits limits)
    : limits_(limits), owned_table_(std::make_shared<Table>(8)), link_(std::make_shared<Link>()) {
  table_.store(owned_table_.get(), std::memory_order_seq_cst);
  link_->cache = this;
}

FunctionCache::~FunctionCache() {
  std::lock_guard lock(link_->mutex);
  link_->cache = nullptr;
}

FunctionCache::Entry *FunctionCache::search(std::span<const uint64_t> signature, Stripe &stripe) const {
  const Table &table = *table_.load(std::memory_order_seq_cst);
  const size_t mask = table.slots.size() - 1;
  Entry *latest = table.slots[stripe.latest.load(std::memory_order_relaxed) & mask].load(std::memory_order_seq_cst);
  if (latest && latest != Table::removed() && latest->matches(signature)) [[likely]]
    return latest;
  const uint64_t hash = hash_of(signature);
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    Entry *entry = table.slots[slot].load(std::memory_order_seq_cst);
    if (!entry)
      return nullptr;
    if (entry != Table::removed() && entry->hash == hash && entry->matches(signature)) {
      stripe.latest.store(static_cast<uint32_t>(slot), std::memory_order_relaxed);
      return entry;
    }
  }
}

FunctionCache::Held FunctionCache::find(std::span<const uint64_t> signature) {
  Held held(*this);
  held.reader_.begin_search();
  held.entry_ = search(signature, stripe_of(held.reader_));
  held.reader_.end_search(held.entry_);
  if (held.entry_) [[likely]]
    held.entry_->touch(insertions_.load(std::memory_order_relaxed));
  return held;
}

FunctionCache::Held FunctionCache::hold_locked(Entry *entry) {
  Held held(*this);
  held.reader_.hold(entry);
  held.entry_ = entry;
  return held;
}

void FunctionCache::link(Entry *entry) {
  if (owned_table_->has_room())
    return owned_table_->put(entry);
  auto table = std::make_shared<Table>(std::bit_ceil(std::max<size_t>(8, entries_.size() * 4)));
  retired_.reserve(1);
  for (const auto &known : entries_)
    table->put(known.get());
  table_.store(table.get(), std::memory_order_seq_cst);
  retired_.add(std::exchange(owned_table_, std::move(table)));
}

void FunctionCache::take_out(size_t position) {
  retired_.reserve(1);
  Entry &entry = *entries_[position];
  owned_table_->remove(&entry);
  stats_.live_code_bytes -= entry.code_bytes;
  entry.is_retired.store(true, std::memory_order_relaxed);
  retired_.add(std::move(entries_[position]));
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(position));
}

void FunctionCache::forget(size_t position, Gone reason) {
  constexpr size_t kMost = 256;
  if (gone_.size() == kMost)
    gone_.pop_front();
  const Entry &entry = *entries_[position];
  gone_.push_back({entry.signature, reason, entry.function, entry.code_bytes});
  take_out(position);
}

const FunctionCache::GoneEntry *FunctionCache::find_gone(std::span<const uint64_t> signature) const {
  const auto found = std::find_if(gone_.rbegin(), gone_.rend(), [&](const GoneEntry &entry) {
    return std::ranges::equal(entry.signature, signature);
  });
  return found == gone_.rend() ? nullptr : &*found;
}

std::optional<FunctionCache::Gone> FunctionCache::gone(std::span<const uint64_t> signature) const {
  std::lock_guard lock(mutex_);
  const GoneEntry *found = find_gone(signature);
  return found ? std::optional(found->reason) : std::nullopt;
}

std::shared_ptr<ConcreteFunction> FunctionCache::kept_elsewhere(std::span<const uint64_t> signature) const {
  std::lock_guard lock(mutex_);
  const GoneEntry *found = find_gone(signature);
  return found && found->reason == Gone::evicted ? found->function.lock() : nullptr;
}

FunctionCache::Entry *FunctionCache::take_back(std::span<const uint64_t> signature, const Accept &accept) {
  const GoneEntry *found = find_gone(signature);
  auto function = found && found->reason == Gone::evicted ? found->function.lock() : nullptr;
  return function && (!accept || accept(*function)) ? enter(signature, std::move(function), found->code_bytes)
                                                    : nullptr;
}

void FunctionCache::trim(const Entry *kept) {
  const auto is_too_much = [&] {
    return static_cast<int64_t>(entries_.size()) > limits_.entries || stats_.live_code_bytes > limits_.code_bytes;
  };
  while (entries_.size() > 1 && is_too_much()) {
    const auto last_use = [&](const auto &entry) {
      return entry.get() == kept ? ~uint64_t{0} : entry->last_use.load(std::memory_order_relaxed);
    };
    forget(static_cast<size_t>(std::ranges::min_element(entries_, {}, last_use) - entries_.begin()), Gone::evicted);
    ++stats_.evictions;
  }
}

FunctionCache::Entry *FunctionCache::insert(std::span<const uint64_t> signature,
                                            std::shared_ptr<ConcreteFunction> function) {
  function->on_compile([link = link_, owner = function.get()](const ConcreteFunction &compiled) {
    Garbage garbage; // freed without the lock, which the end of the cache takes
    std::lock_guard lock(link->mutex);
    if (link->cache)
      garbage = link->cache->account(owner, compiled);
  });
  return enter(signature, std::move(function), 0);
}

FunctionCache::Entry *FunctionCache::enter(std::span<const uint64_t> signature,
                                           std::shared_ptr<ConcreteFunction> function, int64_t code_bytes) {
  const uint64_t now = insertions_.load(std::memory_order_relaxed);
  entries_.push_back(std::make_shared<Entry>(hash_of(signature), std::vector(signature.begin(), signature.end()),
                                             std::move(function), now));
  Entry *entry = entries_.back().get();
  entry->code_bytes = code_bytes;
  try {
    link(entry);
  } catch (...) {
    entries_.pop_back();
    throw;
  }
  // A hit from now on is a later use than this insertion.
  insertions_.store(now + 1, std::memory_order_relaxed);
  stats_.live_code_bytes += code_bytes;
  trim(entry);
  return entry;
}

FunctionCache::Held FunctionCache::find_or_make(std::span<const uint64_t> signature, const Make &make,
                                                const Accept &accept, bool may_wait) {
  const std::vector<uint64_t> words(signature.begin(), signature.end());
  Garbage garbage; // dropped after the lock
  {
    std::unique_lock lock(mutex_);
    if (!may_wait && being_made_.contains(words)) {
      lock.unlock();
      return Held(*this, make());
    }
    made_.wait(lock, [&] { return !being_made_.contains(words); });
    if (Entry *entry = search(words, stripes_[kSharedStripe]); entry && (!accept || accept(*entry->function))) {
      entry->touch(insertions_.load(std::memory_order_relaxed));
      return hold_locked(entry);
    }
    if (Entry *entry = search(words, stripes_[kSharedStripe]) ? nullptr : take_back(words, accept)) {
      Held held = hold_locked(entry);
      garbage = retired_.collect();
      return held;
    }
    being_made_.insert(words);
  }
  const auto end_making = [&] {
    being_made_.erase(words);
    made_.notify_all();
  };
  std::shared_ptr<ConcreteFunction> function;
  try {
    function = make();
  } catch (...) {
    std::lock_guard lock(mutex_);
    end_making();
    throw;
  }
  std::lock_guard lock(mutex_);
  end_making();
  if (!function->is_reusable())
    return Held(*this, std::move(function));
  if (const Entry *replaced = search(words, stripes_[kSharedStripe]))
    take_out(
        static_cast<size_t>(std::ranges::find(entries_, replaced, &std::shared_ptr<Entry>::get) - entries_.begin()));
  Held held = hold_locked(insert(words, std::move(function)));
  garbage = retired_.collect();
  return held;
}

FunctionCache::Garbage FunctionCache::account(const ConcreteFunction *owner, const ConcreteFunction &compiled) {
  std::lock_guard lock(mutex_);
  const runtime::Executable &executable = compiled.executable();
  if (compiled.shares_code())
    ++stats_.shared_code;
  else
    stats_.compile_ms += executable.compile_ms;
  stats_.kernels += executable.kernel_count;
  stats_.fused_ops += executable.fused_op_count;
  stats_.gradients += owner != &compiled;
  const auto found = std::ranges::find_if(entries_, [&](const auto &entry) { return entry->function.get() == owner; });
  if (found == entries_.end()) { // evicted since it was found, or known to a handle only
    for (GoneEntry &gone : gone_)
      if (gone.function.lock().get() == owner)
        gone.code_bytes += executable.code_bytes;
    return {};
  }
  const Entry *entry = found->get();
  (*found)->code_bytes += executable.code_bytes;
  stats_.live_code_bytes += executable.code_bytes;
  trim(entry);
  return retired_.collect();
}

void FunctionCache::collect_after(Held &held) {
  Garbage garbage;
  std::lock_guard lock(mutex_);
  held.reader_.let_go();
  garbage = retired_.collect();
}

void FunctionCache::clear() {
  Garbage garbage;
  std::lock_guard lock(mutex_);
  while (!entries_.empty())
    forget(entries_.size() - 1, Gone::cleared);
  garbage = retired_.collect();
}

std::vector<std::shared_ptr<ConcreteFunction>> FunctionCache::all() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ConcreteFunction>> functions;
  for (const auto &entry : entries_)
    functions.push_back(entry->function);
  return functions;
}

FunctionCache::Stats FunctionCache::stats() const {
  std::lock_guard lock(mutex_);
  Stats stats = stats_;
  for (const Stripe &stripe : stripes_)
    stats.hits += stripe.hits.load(std::memory_order_relaxed);
  stats.live_entries = static_cast<int64_t>(entries_.size());
  return stats;
}

} // namespace etch::tracer
