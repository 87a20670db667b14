// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <type_traits>

namespace etch {

/// Element types. The order is part of the binary interface. f16 and bf16 are storage: every operation computes in f32
/// and rounds its result once.
enum class DType : uint8_t { boolean, u8, i8, i16, i32, i64, f16, bf16, f32, f64 };
inline constexpr int kDTypeCount = 10;

/// False for a number that was cast to DType and names none.
constexpr bool is_dtype(DType dtype) { return static_cast<int>(dtype) < kDTypeCount; }

/// Bytes of one element; a bool takes one byte holding 0 or 1.
constexpr size_t size_of(DType dtype) {
  constexpr size_t sizes[kDTypeCount] = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8};
  return sizes[static_cast<int>(dtype)];
}

constexpr bool is_floating(DType dtype) { return dtype >= DType::f16; }
/// Two bytes, computed with in f32.
constexpr bool is_half(DType dtype) { return dtype == DType::f16 || dtype == DType::bf16; }
constexpr bool is_integer(DType dtype) { return dtype >= DType::u8 && dtype <= DType::i64; }

/// The name used in messages, in the IR and in documentation: bool, u8, …, f64; "no dtype" where is_dtype is false.
const char *name_of(DType dtype);
std::ostream &operator<<(std::ostream &stream, DType dtype);

/// An IEEE 754 binary16 number, the element of an f16 tensor. Converting rounds once, to nearest, ties to even.
struct float16 {
  uint16_t bits = 0;

  float16() = default;
  explicit float16(double value);
  operator float() const;
};

/// The upper half of a float, the element of a bf16 tensor. Converting rounds once, to nearest, ties to even.
struct bfloat16 {
  uint16_t bits = 0;

  bfloat16() = default;
  explicit bfloat16(double value);
  operator float() const;
};

/// A C++ type that is an element type of tensors. `long` and `long long` both mean i64.
template <class T>
concept Element = std::is_same_v<T, bool> || std::is_same_v<T, float> || std::is_same_v<T, double> ||
                  std::is_same_v<T, float16> || std::is_same_v<T, bfloat16> || std::is_same_v<T, uint8_t> ||
                  (std::is_integral_v<T> && std::is_signed_v<T> && !std::is_same_v<T, char>);

template <Element T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>)
    return DType::boolean;
  else if constexpr (std::is_same_v<T, float>)
    return DType::f32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::f64;
  else if constexpr (std::is_same_v<T, float16>)
    return DType::f16;
  else if constexpr (std::is_same_v<T, bfloat16>)
    return DType::bf16;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return DType::u8;
  else if constexpr (sizeof(T) == 1)
    return DType::i8;
  else if constexpr (sizeof(T) == 2)
    return DType::i16;
  else if constexpr (sizeof(T) == 4)
    return DType::i32;
  else
    return DType::i64;
}

} // namespace etch
