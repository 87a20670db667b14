// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/concrete_function.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <set>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace etch::tracer {

/// The concrete functions of one Function by signature. Lookups take no lock: entries are only ever added, and a table
/// that has been outgrown lives as long as the cache, so a reader never meets freed memory.
class FunctionCache {
public:
  FunctionCache();
  ~FunctionCache();
  FunctionCache(const FunctionCache &) = delete;

  /// Null when the signature is unknown.
  const std::shared_ptr<ConcreteFunction> *find(std::span<const uint64_t> signature) const;

  using Make = std::function<std::shared_ptr<ConcreteFunction>()>;
  /// Calls `make` unless the signature is known. When several threads ask for the same signature, one makes it and the
  /// others wait; when making throws, the next one tries. Different signatures are made at the same time.
  const std::shared_ptr<ConcreteFunction> &find_or_make(std::span<const uint64_t> signature, const Make &make);

  /// Every entry, in the order of insertion.
  std::vector<std::shared_ptr<ConcreteFunction>> all() const;

private:
  struct Entry {
    uint64_t hash;
    std::vector<uint64_t> signature;
    std::shared_ptr<ConcreteFunction> function;

    bool matches(std::span<const uint64_t> words) const;
  };
  struct Table;

  const Entry *find_entry(std::span<const uint64_t> signature) const;
  const Entry *insert(std::unique_ptr<Entry> entry);

  mutable std::mutex mutex_; // writers
  std::condition_variable made_;
  std::set<std::vector<uint64_t>> being_made_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::unique_ptr<Table>> tables_; // the last one is current
  std::atomic<const Table *> table_;
  /// The entry of the latest hit: most Functions are called with one signature over and over.
  mutable std::atomic<const Entry *> latest_{nullptr};
};

} // namespace etch::tracer
