// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>
#include <etch/variable.h>

#include <array>
#include <cstdint>
#include <vector>

namespace etch {

/// Two numbers per axis: {{1, 1}, {0, 2}}.
using Pairs = std::vector<std::array<int64_t, 2>>;

/// A C++ number beside a tensor. It adopts the tensor's dtype: floats round; an integer that does not fit, or a float
/// beside an integer tensor, is an Error. Alone it keeps the dtype of its C++ type.
struct Literal {
  DType dtype = DType::f32;
  double floating = 0;      ///< the value when dtype is floating
  int64_t integer = 0;      ///< the value when dtype is bool or integer
  bool is_any_zero = false; ///< a default argument: zero, or false, of whatever dtype is wanted
};

/// The default of an argument that is zero or, beside a bool tensor, false.
struct AnyZero {};

/// An argument of an operation: a Tensor, a Variable (read here and now) or a C++ number, together with the user's
/// source location. Made implicitly at the call, never stored.
class Operand {
public:
  Operand(const Tensor &tensor, const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
          int line = __builtin_LINE())
      : tensor_(&tensor), location_{file, function, line} {}
  Operand(const Variable &variable, const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
          int line = __builtin_LINE())
      : tensor_(&own_), own_(variable.value({file, function, line})), location_{file, function, line} {}
  template <Element T>
  Operand(T value, const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
          int line = __builtin_LINE())
      : literal_{dtype_of<T>(), static_cast<double>(value), static_cast<int64_t>(integer_part(value)), false},
        location_{file, function, line} {}
  /// An extent is a number like another one: it adopts the dtype of the tensor beside it.
  Operand(const Dim &dim, const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
          int line = __builtin_LINE())
      : literal_{DType::i64, 0, dim.is_known() ? static_cast<int64_t>(dim) : 0, false}, location_{file, function, line},
        open_(dim.is_known() ? nullptr : &dim) {}
  Operand(AnyZero, const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
          int line = __builtin_LINE())
      : literal_{DType::i32, 0, 0, true}, location_{file, function, line} {}
  Operand(const Operand &) = delete;
  Operand &operator=(const Operand &) = delete;

  bool is_literal() const { return tensor_ == nullptr; }
  const Tensor &tensor() const { return *tensor_; }
  const Literal &literal() const { return literal_; }
  /// The number is an extent that the trace leaves open; null where it is literal().
  const Dim *open_dim() const { return open_; }
  const Location &location() const { return location_; }

private:
  template <class T>
  static int64_t integer_part(T value) {
    if constexpr (is_floating(dtype_of<T>()))
      return 0; // a float out of int64's range must not be converted
    else
      return static_cast<int64_t>(value);
  }

  const Tensor *tensor_ = nullptr;
  Tensor own_;
  Literal literal_;
  Location location_;
  const Dim *open_ = nullptr;
};

} // namespace etch
