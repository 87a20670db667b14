// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/allocator.h"

namespace etch::runtime {

/// Memory for the duration of a scope, from the allocator's caches and outside its counters. Contents start undefined.
class Scratch {
public:
  /// Throws Error (too_large).
  explicit Scratch(int64_t bytes)
      : bytes_(static_cast<size_t>(bytes)), block_(bytes > 0 ? allocate_object(bytes_) : nullptr) {}
  ~Scratch() {
    if (block_)
      release_object(block_, bytes_);
  }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  /// Aligned to 64 bytes; null for no bytes.
  void *block() const { return block_; }

private:
  size_t bytes_;
  void *block_;
};

} // namespace etch::runtime
