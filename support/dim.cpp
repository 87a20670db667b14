// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/shape.h>

#include "support/require.h"

#include <limits>
#include <ostream>

namespace etch {
namespace {

constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();

/// False when the result does not fit.
bool compute(detail::DimOp op, int64_t a, int64_t b, int64_t &result) {
  switch (op) {
  case detail::DimOp::add:
    return !__builtin_add_overflow(a, b, &result);
  case detail::DimOp::subtract:
    return !__builtin_sub_overflow(a, b, &result);
  case detail::DimOp::multiply:
    return !__builtin_mul_overflow(a, b, &result);
  case detail::DimOp::divide:
    result = a == kSmallest && b == -1 ? 0 : a / b;
    return !(a == kSmallest && b == -1);
  case detail::DimOp::remainder:
    result = b == -1 ? 0 : a % b;
    return true;
  }
  return false;
}

} // namespace

std::string Dim::text() const { return is_known() ? std::to_string(value_) : expression_->text(); }

Dim Dim::operator-() const { return Dim(0) - *this; }

Dim Dim::combine(detail::DimOp op, const Dim &a, const Dim &b) {
  constexpr const char *kSigns[] = {"+", "-", "*", "/", "%"};
  const bool divides = op == detail::DimOp::divide || op == detail::DimOp::remainder;
  ETCH_REQUIRE(!divides || !b.is_known() || b.value_ != 0, ErrorCode::invalid_argument, Location())
      << "dim: the divisor must not be 0, got " << a.text() << " " << kSigns[static_cast<int>(op)] << " 0";
  if (!a.is_known() || !b.is_known())
    return (a.is_known() ? b : a).expression_->combined(op, a, b);
  int64_t result = 0;
  ETCH_REQUIRE(compute(op, a.value_, b.value_, result), ErrorCode::too_large, Location())
      << "dim: the result must fit in 64 bits, got " << a.value_ << " " << kSigns[static_cast<int>(op)] << " "
      << b.value_;
  return result;
}

bool Dim::holds(detail::DimRelation relation, const Dim &a, const Dim &b) {
  if (!a.is_known() || !b.is_known())
    return (a.is_known() ? b : a).expression_->holds(relation, a, b);
  return relation == detail::DimRelation::equal ? a.value_ == b.value_ : a.value_ < b.value_;
}

std::ostream &operator<<(std::ostream &stream, const Dim &dim) { return stream << dim.text(); }

namespace detail {

const std::vector<int64_t> &known_extents(const OpenShape &shape) {
  if (shape.values.empty())
    shape.values.assign(shape.dims.begin(), shape.dims.end());
  return shape.values;
}

} // namespace detail
} // namespace etch
