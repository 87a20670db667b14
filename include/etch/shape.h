// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/dtype.h>
#include <etch/error.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace etch {

/// The only way to a tensor's extent: at most 32 dimensions, none negative, with an element count that fits in 63 bits
/// even when empty dimensions are left out. Immutable value; up to six dimensions are held inline.
class Shape {
public:
  static constexpr int kMaxRank = 32;

  Shape() = default;
  /// Throws Error (shape, too_large) when the limits above are broken.
  Shape(std::initializer_list<int64_t> dims, Location location = Location::current());
  explicit Shape(std::span<const int64_t> dims, Location location = Location::current());
  explicit Shape(const std::vector<int64_t> &dims, Location location = Location::current());

  int rank() const { return rank_; }
  /// Number of elements; 1 for rank 0.
  int64_t size() const { return size_; }
  int64_t operator[](int axis) const { return begin()[axis]; }
  const int64_t *begin() const { return rank_ <= kInline ? inline_.data() : heap_.data(); }
  const int64_t *end() const { return begin() + rank_; }
  std::span<const int64_t> dims() const { return {begin(), static_cast<size_t>(rank_)}; }

  bool operator==(const Shape &other) const;
  /// "[2,3]"
  std::string text() const;

private:
  static constexpr int kInline = 6;
  void assign(std::span<const int64_t> dims, Location location);

  int rank_ = 0;
  int64_t size_ = 1;
  std::array<int64_t, kInline> inline_{};
  std::vector<int64_t> heap_;
};

std::ostream &operator<<(std::ostream &stream, const Shape &shape);

/// "f32[2,3]": how dtype and shape appear in every message.
std::string spec_text(DType dtype, const Shape &shape);

} // namespace etch
