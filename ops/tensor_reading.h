// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/rules.h"

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace etch::expansion {

/// What a tensor is to the texts of the table (expansions, vjps): types only, an SSA value with its builder, a value of
/// the eager dispatcher. A reading T has a context that makes calls:
///   T::Context::emit(const ops::OpDef &, std::vector<T>, ops::Attrs) -> T, the op's result
template <class T>
concept TensorReading = requires(const T &x, typename T::Context &context, const ops::OpDef &op) {
  { x.dtype() } -> std::convertible_to<DType>;
  { x.dims() } -> std::convertible_to<ops::Dims>;
  { x.rank() } -> std::convertible_to<int>;
  { x.dim(0) } -> std::convertible_to<ops::Dim>;
  { x.context() } -> std::same_as<typename T::Context &>;
  { context.emit(op, std::vector<T>{}, ops::Attrs{}) } -> std::convertible_to<T>;
};

/// rank() and dim() for readings that have dims().
template <class Self>
struct DimsOfReading {
  int rank() const { return static_cast<int>(static_cast<const Self &>(*this).dims().size()); }
  ops::Dim dim(int axis) const {
    const ops::Dims dims = static_cast<const Self &>(*this).dims();
    return dims.at(static_cast<size_t>(axis < 0 ? axis + static_cast<int>(dims.size()) : axis));
  }
};

template <class... X>
concept AnyReading = (TensorReading<X> || ...);

template <class X, class... Rest>
const auto &first_reading(const X &x, const Rest &...rest) {
  if constexpr (TensorReading<X>)
    return x;
  else
    return first_reading(rest...);
}

/// x itself, or a number as a tensor of the dtype of `like`.
template <class X, TensorReading T>
T lifted(const X &x, const T &like) {
  if constexpr (TensorReading<X>) {
    return x;
  } else {
    static const ops::OpDef &constant = *ops::find_op("full");
    ops::Scalar scalar;
    if constexpr (std::is_same_v<X, ops::Scalar>)
      scalar = x.dtype == like.dtype() ? x : ops::Scalar::of(like.dtype(), x.as_double());
    else if constexpr (std::is_floating_point_v<X>)
      scalar = ops::Scalar::of(like.dtype(), static_cast<double>(x));
    else
      scalar = ops::Scalar::of(like.dtype(), static_cast<int64_t>(x));
    return like.context().emit(constant, {}, {ops::Dims{}, scalar});
  }
}

inline constexpr bool keep_dims = true;

} // namespace etch::expansion
