// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/attrs.h"

#include "support/half.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>

namespace etch::ops {
namespace {

template <class T>
uint64_t saturated_bits(double value) {
  T result;
  // The upper bound itself may not be a double, so compare against the next power of two.
  const double bound = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (std::isnan(value))
    result = 0;
  else if (value >= bound)
    result = std::numeric_limits<T>::max();
  else if (value < static_cast<double>(std::numeric_limits<T>::min()))
    result = std::numeric_limits<T>::min();
  else
    result = static_cast<T>(value);
  return static_cast<uint64_t>(result) & (~uint64_t{0} >> (64 - 8 * sizeof(T)));
}

double half_value(DType dtype, uint16_t bits) {
  float16 narrow;
  bfloat16 brain;
  narrow.bits = brain.bits = bits;
  return dtype == DType::f16 ? static_cast<float>(narrow) : static_cast<float>(brain);
}

} // namespace

Scalar Scalar::of(DType dtype, double value) {
  switch (dtype) {
  case DType::boolean:
    return {dtype, value != 0};
  case DType::u8:
    return {dtype, saturated_bits<uint8_t>(value)};
  case DType::i8:
    return {dtype, saturated_bits<int8_t>(value)};
  case DType::i16:
    return {dtype, saturated_bits<int16_t>(value)};
  case DType::i32:
    return {dtype, saturated_bits<int32_t>(value)};
  case DType::i64:
    return {dtype, saturated_bits<int64_t>(value)};
  case DType::f32:
    return {dtype, std::bit_cast<uint32_t>(static_cast<float>(value))};
  case DType::f64:
    return {dtype, std::bit_cast<uint64_t>(value)};
  case DType::f16:
    return {dtype, float16(value).bits};
  case DType::bf16:
    return {dtype, bfloat16(value).bits};
  }
  return {};
}

Scalar Scalar::of(DType dtype, int64_t value) {
  if (dtype == DType::boolean)
    return {dtype, value != 0};
  if (dtype == DType::f32) // not through double, which would round twice
    return {dtype, std::bit_cast<uint32_t>(static_cast<float>(value))};
  if (dtype == DType::f64)
    return {dtype, std::bit_cast<uint64_t>(static_cast<double>(value))};
  if (is_half(dtype))
    return of(dtype, narrowing_double(value));
  return {dtype, static_cast<uint64_t>(value) & (~uint64_t{0} >> (64 - 8 * size_of(dtype)))};
}

double Scalar::as_double() const {
  if (dtype == DType::f32)
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  if (dtype == DType::f64)
    return std::bit_cast<double>(bits);
  if (is_half(dtype))
    return half_value(dtype, static_cast<uint16_t>(bits));
  return static_cast<double>(as_integer());
}

int64_t Scalar::as_integer() const {
  switch (dtype) {
  case DType::boolean:
    return bits != 0;
  case DType::u8:
    return static_cast<uint8_t>(bits);
  case DType::i8:
    return static_cast<int8_t>(bits);
  case DType::i16:
    return static_cast<int16_t>(bits);
  case DType::i32:
    return static_cast<int32_t>(bits);
  case DType::i64:
    return static_cast<int64_t>(bits);
  case DType::f16:
  case DType::bf16:
  case DType::f32:
  case DType::f64:
    return static_cast<int64_t>(of(DType::i64, as_double()).bits);
  }
  return 0;
}

std::string Scalar::text() const {
  if (dtype == DType::boolean)
    return bits ? "true" : "false";
  if (!is_floating(dtype))
    return std::to_string(as_integer());
  char text[40];
  // As many digits as tell any two elements apart.
  const int digits = dtype == DType::f64 ? 17 : dtype == DType::f32 ? 9 : dtype == DType::f16 ? 5 : 4;
  std::snprintf(text, sizeof text, "%.*g", digits, as_double());
  return text;
}

} // namespace etch::ops
