// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/dtype.h>
#include <etch/error.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch {

class Dim;

namespace detail {

enum class DimOp { add, subtract, multiply, divide, remainder };
enum class DimRelation { equal, less };

/// What is behind a Dim that is not known: an expression over the open extents of a recording.
struct DimExpression {
  virtual ~DimExpression() = default;
  virtual int64_t value() const = 0;
  virtual std::string text() const = 0;
  /// One of the two is this one.
  virtual Dim combined(DimOp op, const Dim &a, const Dim &b) const = 0;
  virtual bool holds(DimRelation relation, const Dim &a, const Dim &b) const = 0;
};

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

} // namespace detail

/// The extent of a dimension: a 64-bit integer in all but name, except while a function is traced for extents that it
/// leaves open. Then sums, differences and products of it are expressions over those extents, and ops take them as
/// they come. Asking for the number, by conversion, remainder or a comparison that the expressions do not decide, is
/// an Error (tracing) where Options::input_signature leaves the extent open; where Options::shapes does, the trace
/// serves from then on those calls alone that have the same answer. A quotient is rounded towards 0; of an open extent
/// it must be exact, and calls where it is not have traces of their own. Arithmetic throws Error (too_large) beyond 64
/// bits, Error (invalid_argument) for a division by 0.
class Dim {
public:
  Dim() = default;
  /// Beyond 63 bits: the largest number, so that comparisons with it are right.
  template <detail::Integer T>
  Dim(T value) : value_(static_cast<int64_t>(value)) {
    if constexpr (std::is_unsigned_v<T>)
      value_ = static_cast<uint64_t>(value) > uint64_t{INT64_MAX} ? INT64_MAX : value_;
  }
  /// For the library.
  explicit Dim(std::shared_ptr<const detail::DimExpression> expression) : expression_(std::move(expression)) {}

  bool is_known() const { return expression_ == nullptr; }
  /// The number.
  operator int64_t() const { return is_known() ? value_ : expression_->value(); }
  /// The number, or "?".
  std::string text() const;
  const detail::DimExpression *expression() const { return expression_.get(); }

  Dim operator-() const;
  Dim &operator+=(const Dim &other) { return *this = *this + other; }
  Dim &operator-=(const Dim &other) { return *this = *this - other; }
  Dim &operator*=(const Dim &other) { return *this = *this * other; }
  Dim &operator/=(const Dim &other) { return *this = *this / other; }
  Dim &operator%=(const Dim &other) { return *this = *this % other; }
  Dim &operator++() { return *this += Dim(1); }
  Dim &operator--() { return *this -= Dim(1); }
  Dim operator++(int) { return std::exchange(*this, *this + Dim(1)); }
  Dim operator--(int) { return std::exchange(*this, *this - Dim(1)); }
  explicit operator bool() const { return !(*this == Dim(0)); }

  // Known ones inline: they stand in the inner loops of eager code.
  friend Dim operator+(const Dim &a, const Dim &b) {
    int64_t sum = 0;
    return a.is_known() && b.is_known() && !__builtin_add_overflow(a.value_, b.value_, &sum)
               ? Dim(sum)
               : combine(detail::DimOp::add, a, b);
  }
  friend Dim operator-(const Dim &a, const Dim &b) {
    int64_t difference = 0;
    return a.is_known() && b.is_known() && !__builtin_sub_overflow(a.value_, b.value_, &difference)
               ? Dim(difference)
               : combine(detail::DimOp::subtract, a, b);
  }
  friend Dim operator*(const Dim &a, const Dim &b) {
    int64_t product = 0;
    return a.is_known() && b.is_known() && !__builtin_mul_overflow(a.value_, b.value_, &product)
               ? Dim(product)
               : combine(detail::DimOp::multiply, a, b);
  }
  friend Dim operator/(const Dim &a, const Dim &b) { return combine(detail::DimOp::divide, a, b); }
  friend Dim operator%(const Dim &a, const Dim &b) { return combine(detail::DimOp::remainder, a, b); }
  friend bool operator==(const Dim &a, const Dim &b) {
    return a.is_known() && b.is_known() ? a.value_ == b.value_ : holds(detail::DimRelation::equal, a, b);
  }
  friend bool operator<(const Dim &a, const Dim &b) {
    return a.is_known() && b.is_known() ? a.value_ < b.value_ : holds(detail::DimRelation::less, a, b);
  }
  friend bool operator>(const Dim &a, const Dim &b) { return b < a; }
  friend bool operator<=(const Dim &a, const Dim &b) { return !(b < a); }
  friend bool operator>=(const Dim &a, const Dim &b) { return !(a < b); }

  // With C++ integers, for which the conversions in both directions would be ambiguous.
  template <detail::Integer T>
  friend Dim operator+(const Dim &a, T b) {
    return a + Dim(b);
  }
  template <detail::Integer T>
  friend Dim operator+(T a, const Dim &b) {
    return Dim(a) + b;
  }
  template <detail::Integer T>
  friend Dim operator-(const Dim &a, T b) {
    return a - Dim(b);
  }
  template <detail::Integer T>
  friend Dim operator-(T a, const Dim &b) {
    return Dim(a) - b;
  }
  template <detail::Integer T>
  friend Dim operator*(const Dim &a, T b) {
    return a * Dim(b);
  }
  template <detail::Integer T>
  friend Dim operator*(T a, const Dim &b) {
    return Dim(a) * b;
  }
  template <detail::Integer T>
  friend Dim operator/(const Dim &a, T b) {
    return a / Dim(b);
  }
  template <detail::Integer T>
  friend Dim operator/(T a, const Dim &b) {
    return Dim(a) / b;
  }
  template <detail::Integer T>
  friend Dim operator%(const Dim &a, T b) {
    return a % Dim(b);
  }
  template <detail::Integer T>
  friend Dim operator%(T a, const Dim &b) {
    return Dim(a) % b;
  }
  template <detail::Integer T>
  friend bool operator==(const Dim &a, T b) {
    return a == Dim(b);
  }
  template <detail::Integer T>
  friend bool operator<(const Dim &a, T b) {
    return a < Dim(b);
  }
  template <detail::Integer T>
  friend bool operator<(T a, const Dim &b) {
    return Dim(a) < b;
  }
  template <detail::Integer T>
  friend bool operator>(const Dim &a, T b) {
    return Dim(b) < a;
  }
  template <detail::Integer T>
  friend bool operator>(T a, const Dim &b) {
    return b < Dim(a);
  }
  template <detail::Integer T>
  friend bool operator<=(const Dim &a, T b) {
    return !(Dim(b) < a);
  }
  template <detail::Integer T>
  friend bool operator<=(T a, const Dim &b) {
    return !(b < Dim(a));
  }
  template <detail::Integer T>
  friend bool operator>=(const Dim &a, T b) {
    return !(a < Dim(b));
  }
  template <detail::Integer T>
  friend bool operator>=(T a, const Dim &b) {
    return !(Dim(a) < b);
  }

private:
  static Dim combine(detail::DimOp op, const Dim &a, const Dim &b);
  static bool holds(detail::DimRelation relation, const Dim &a, const Dim &b);

  int64_t value_ = 0;
  std::shared_ptr<const detail::DimExpression> expression_;
};

/// Prints the number, or "?"; does not ask for it.
std::ostream &operator<<(std::ostream &stream, const Dim &dim);

namespace detail {

/// The extents of a Shape that are not all known.
struct OpenShape {
  explicit OpenShape(std::vector<Dim> dims) : dims(std::move(dims)) {}

  const std::vector<Dim> dims;
  mutable std::vector<int64_t> values; ///< asked for once; open extents belong to one thread's recording
};
/// The numbers. Throws as Dim does.
const std::vector<int64_t> &known_extents(const OpenShape &shape);

} // namespace detail

/// The only way to a tensor's extent: at most 32 dimensions, none negative, with an element count that fits in 63 bits
/// even when empty dimensions are left out. Immutable value; up to six dimensions are held inline. While a function is
/// traced the shape of a tensor may have open extents, which ops take as they come; whoever reads them as numbers asks
/// for them, see Dim.
class Shape {
public:
  static constexpr int kMaxRank = 32;

  Shape() = default;
  /// Throws Error (shape, too_large) when the limits above are broken.
  Shape(std::initializer_list<int64_t> dims, Location location = Location::current());
  explicit Shape(std::span<const int64_t> dims, Location location = Location::current());
  explicit Shape(const std::vector<int64_t> &dims, Location location = Location::current());

  /// For the library: some of the extents are open.
  explicit Shape(std::shared_ptr<const detail::OpenShape> open)
      : rank_(static_cast<int>(open->dims.size())), open_(std::move(open)) {}

  int rank() const { return rank_; }
  /// Every extent is a number.
  bool is_known() const { return open_ == nullptr; }
  /// Number of elements; 1 for rank 0.
  int64_t size() const { return is_known() ? size_ : Shape(detail::known_extents(*open_)).size_; }
  int64_t operator[](int axis) const { return is_known() ? begin()[axis] : static_cast<int64_t>(dim(axis)); }
  /// Extent along an axis from 0 on, open where it is.
  Dim dim(int axis) const { return is_known() ? Dim(begin()[axis]) : open_->dims[static_cast<size_t>(axis)]; }
  const int64_t *begin() const {
    if (!is_known()) [[unlikely]]
      return detail::known_extents(*open_).data();
    return rank_ <= kInline ? inline_.data() : heap_.data();
  }
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
  std::shared_ptr<const detail::OpenShape> open_; // beside the rank: every look at an extent asks for it
  std::array<int64_t, kInline> inline_{};
  std::vector<int64_t> heap_;
};

std::ostream &operator<<(std::ostream &stream, const Shape &shape);

/// "f32[2,3]": how dtype and shape appear in every message.
std::string spec_text(DType dtype, const Shape &shape);

} // namespace etch
