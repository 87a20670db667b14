// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/allocator.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>

namespace etch::runtime {

/// A run of plain values whose length is fixed at construction. Up to N live inside the object, more in a block of the
/// allocator's caches, so that a repeated call never reaches the system. Values start uninitialised.
template <class T, size_t N>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  explicit InlineVector(size_t size)
      : data_(size <= N ? inline_ : static_cast<T *>(allocate_object(size * sizeof(T)))), size_(size) {}
  explicit InlineVector(std::span<const T> values) : InlineVector(values.size()) {
    std::copy(values.begin(), values.end(), data_);
  }
  ~InlineVector() {
    if (size_ > N)
      release_object(data_, size_ * sizeof(T));
  }
  InlineVector(const InlineVector &) = delete;
  InlineVector &operator=(const InlineVector &) = delete;

  size_t size() const { return size_; }
  T *data() { return data_; }
  const T *data() const { return data_; }
  T *begin() { return data_; }
  T *end() { return data_ + size_; }
  const T *begin() const { return data_; }
  const T *end() const { return data_ + size_; }
  T &operator[](size_t index) { return data_[index]; }
  const T &operator[](size_t index) const { return data_[index]; }
  operator std::span<const T>() const { return {data_, size_}; }

private:
  T *data_;
  size_t size_;
  union {
    T inline_[N]; // a union, so that T's default initialisers do not run
  };
};

} // namespace etch::runtime
