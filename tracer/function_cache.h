// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/concrete_function.h"
#include "tracer/reclaim.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace etch::tracer {

/// The concrete functions of one Function by signature, the recently used ones. Thread-safe. Lookups take no lock and
/// write to no memory that another thread reads, save once per entry and insertion.
class FunctionCache {
  struct Entry {
    Entry(uint64_t hash, std::vector<uint64_t> signature, std::shared_ptr<ConcreteFunction> function, uint64_t now)
        : hash(hash), signature(std::move(signature)), function(std::move(function)), last_use(now) {}

    const uint64_t hash;
    const std::vector<uint64_t> signature;
    const std::shared_ptr<ConcreteFunction> function;
    std::atomic<uint64_t> last_use; ///< in insertions
    std::atomic<bool> is_retired{false};
    int64_t code_bytes = 0; ///< 0 until compiled; guarded by the cache's mutex

    /// Stores only what changes: a store at each hit would take the line out of other threads' caches.
    void touch(uint64_t now) {
      if (last_use.load(std::memory_order_relaxed) != now)
        last_use.store(now, std::memory_order_relaxed);
    }
    bool matches(std::span<const uint64_t> words) const {
      return std::equal(words.begin(), words.end(), signature.begin(), signature.end());
    }
  };
  struct Table;
  struct Stripe;
  struct Link;

public:
  /// What is kept. A function that is larger than `code_bytes` by itself is kept until the next one comes.
  struct Limits {
    int64_t entries = 64;
    int64_t code_bytes = int64_t{256} << 20;
  };
  /// Since construction, but for those that are live.
  struct Stats {
    int64_t hits = 0, evictions = 0;
    int64_t shared_code = 0;
    double compile_ms = 0;
    int64_t kernels = 0, fused_ops = 0, gradients = 0;
    int64_t live_entries = 0, live_code_bytes = 0;
  };

  /// Why a signature that was known is none any more.
  enum class Gone { evicted, cleared };

  /// A concrete function that cannot be freed while this exists, or none. Belongs to one thread. Requires: the cache
  /// lives longer. One that is not in the cache is owned.
  class Held {
  public:
    Held(Held &&other) noexcept
        : cache_(other.cache_), entry_(std::exchange(other.entry_, nullptr)), reader_(std::move(other.reader_)),
          owned_(std::move(other.owned_)) {}
    Held &operator=(Held &&) = delete;
    ~Held() {
      if (entry_ && entry_->is_retired.load(std::memory_order_relaxed)) [[unlikely]]
        cache_->collect_after(*this);
    }

    explicit operator bool() const { return entry_ != nullptr || owned_ != nullptr; }
    const ConcreteFunction &operator*() const { return *function(); }
    const std::shared_ptr<ConcreteFunction> &function() const { return entry_ ? entry_->function : owned_; }
    void count_hit() const;

  private:
    friend class FunctionCache;
    explicit Held(FunctionCache &cache, std::shared_ptr<ConcreteFunction> owned = {})
        : cache_(&cache), owned_(std::move(owned)) {}

    FunctionCache *cache_;
    Entry *entry_ = nullptr;
    Reader reader_;
    std::shared_ptr<ConcreteFunction> owned_;
  };

  FunctionCache() : FunctionCache(Limits()) {}
  explicit FunctionCache(Limits limits);
  ~FunctionCache();
  FunctionCache(const FunctionCache &) = delete;

  /// None when the signature is unknown.
  Held find(std::span<const uint64_t> signature);

  using Make = std::function<std::shared_ptr<ConcreteFunction>()>;
  using Accept = std::function<bool(const ConcreteFunction &)>;
  /// Calls `make` unless the signature is known. When several threads ask for the same signature, one makes it and the
  /// others wait; when making throws, the next one tries. Different signatures are made at the same time. One that was
  /// evicted and is still held by somebody is taken back. Whatever is
  /// too much then is evicted, but not what was made. What is not reusable does not enter the cache. A thread that must
  /// not wait, because others may wait for it, makes one of its own, which does not enter either. A known function that
  /// is not accepted counts as none, and what is made takes its place.
  Held find_or_make(std::span<const uint64_t> signature, const Make &make, const Accept &accept = {},
                    bool may_wait = true);

  /// Forgets every entry; what is being made enters all the same. Not an eviction.
  void clear();

  /// nullopt where the signature has not been known, is, or was gone long ago.
  std::optional<Gone> gone(std::span<const uint64_t> signature) const;
  /// The function of an evicted signature that somebody has kept, which find_or_make takes back; else null.
  std::shared_ptr<ConcreteFunction> kept_elsewhere(std::span<const uint64_t> signature) const;
  const Limits &limits() const { return limits_; }

  /// Every entry, in the order of insertion.
  std::vector<std::shared_ptr<ConcreteFunction>> all() const;
  Stats stats() const;

private:
  using Garbage = std::vector<std::shared_ptr<const void>>;

  Entry *search(std::span<const uint64_t> signature, Stripe &stripe) const;
  Stripe &stripe_of(const Reader &reader) { return stripes_[std::min(reader.number(), kSharedStripe)]; }
  /// Machine code of an entry's function, or of one of its gradients, exists from now on, so its size is known. Returns
  /// what is to be freed.
  Garbage account(const ConcreteFunction *owner, const ConcreteFunction &compiled);
  /// Frees what only `held` kept.
  void collect_after(Held &held);

  // Under the lock.
  Held hold_locked(Entry *entry);
  Entry *insert(std::span<const uint64_t> signature, std::shared_ptr<ConcreteFunction> function);
  Entry *enter(std::span<const uint64_t> signature, std::shared_ptr<ConcreteFunction> function, int64_t code_bytes);
  /// Null where there is none to take back.
  Entry *take_back(std::span<const uint64_t> signature, const Accept &accept);
  void link(Entry *entry);
  void take_out(size_t position);
  /// The same, to be known as gone.
  void forget(size_t position, Gone reason);
  void trim(const Entry *kept);

  /// What every hit writes. Each of the first belongs to one reader at a time, the last to all others.
  struct alignas(64) Stripe {
    std::atomic<int64_t> hits{0};
    /// The slot of the latest hit: most Functions are called with one signature over and over. No pointer, which an
    /// eviction could not take back from a thread that is about to write it.
    std::atomic<uint32_t> latest{0};
  };
  static constexpr uint32_t kSharedStripe = 15;
  std::array<Stripe, kSharedStripe + 1> stripes_;

  std::atomic<Table *> table_;
  /// The time that uses are compared by: the number of insertions.
  std::atomic<uint64_t> insertions_{0};
  const Limits limits_;

  mutable std::mutex mutex_; // writers
  std::condition_variable made_;
  std::set<std::vector<uint64_t>> being_made_;
  std::vector<std::shared_ptr<Entry>> entries_; // in the order of insertion
  std::shared_ptr<Table> owned_table_;
  const std::shared_ptr<Link> link_;
  Retired retired_;
  struct GoneEntry {
    std::vector<uint64_t> signature;
    Gone reason;
    std::weak_ptr<ConcreteFunction> function;
    int64_t code_bytes;
  };
  const GoneEntry *find_gone(std::span<const uint64_t> signature) const;
  std::deque<GoneEntry> gone_; // the latest
  Stats stats_;
};

inline void FunctionCache::Held::count_hit() const {
  Stripe &stripe = cache_->stripe_of(reader_);
  if (reader_.number() < kSharedStripe) [[likely]] // half the time of a locked addition
    stripe.hits.store(stripe.hits.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  else
    stripe.hits.fetch_add(1, std::memory_order_relaxed);
}

} // namespace etch::tracer
