// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/error.h>

#include <cstddef>
#include <cstdint>

namespace etch::runtime {

/// Totals since the process started; exact once no other thread allocates.
struct AllocatorCounters {
  int64_t live_bytes;         ///< as requested, of blocks not yet released
  int64_t requests;           ///< calls of allocate()
  int64_t system_allocations; ///< blocks taken from the system, those of allocate_object() included
};
AllocatorCounters allocator_counters();

/// No memory of this size. Who knows what it is for makes a text of it that the user understands.
class OutOfMemory : public Error {
public:
  explicit OutOfMemory(int64_t bytes, Location location = {});
  OutOfMemory(const Error &error, int64_t bytes) : Error(error), bytes_(bytes) {}

  int64_t bytes() const { return bytes_; }

private:
  int64_t bytes_;
};

/// Of this machine; what is free may be less.
int64_t physical_memory();

/// A block of at least `bytes` bytes, aligned to 64; never null. Contents are undefined: old bytes in release builds, a
/// signalling NaN pattern in debug builds. Throws OutOfMemory, never std::bad_alloc. Thread-safe; blocks freed by any
/// thread are reused, and under AddressSanitizer every block is the system's own, so that it sees each overrun.
void *allocate(int64_t bytes, Location location = {});
/// Requires: a block of allocate(bytes).
void release(void *block, int64_t bytes) noexcept;

/// The same caches for host objects and scratch memory, which the counters leave out except for system_allocations.
void *allocate_object(size_t bytes);
void release_object(void *block, size_t bytes) noexcept;

/// Returns every cached block that no thread's own cache holds to the system.
void release_cached_memory();

} // namespace etch::runtime
