// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/half.h"

#include <bit>
#include <cmath>

namespace etch {
namespace {

/// The nearest number of a format with this many fraction and exponent bits, ties to even. Integer arithmetic, so the
/// host's rounding mode does not matter.
template <int fraction_bits, int exponent_bits>
uint16_t round_to_format(double value) {
  constexpr int least_exponent = 2 - (1 << (exponent_bits - 1));
  constexpr uint64_t infinity = ((uint64_t{1} << exponent_bits) - 1) << fraction_bits;
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const uint64_t sign = bits >> 63 << 15, magnitude = bits << 1 >> 1;
  if (magnitude > 0x7ff0000000000000)
    return static_cast<uint16_t>(sign | infinity | uint64_t{1} << (fraction_bits - 1));
  const int exponent = static_cast<int>(magnitude >> 52) - 1023;
  if (exponent > (1 << (exponent_bits - 1)))
    return static_cast<uint16_t>(sign | infinity);
  const int scale = exponent < least_exponent ? least_exponent : exponent;
  const int dropped = 52 - fraction_bits + (scale - exponent);
  if (dropped > 54 || magnitude >> 52 == 0) // far below the least number; denormal doubles are
    return static_cast<uint16_t>(sign);
  const uint64_t whole = (magnitude & ((uint64_t{1} << 52) - 1)) | uint64_t{1} << 52;
  const uint64_t kept = whole >> dropped, rest = whole & ((uint64_t{1} << dropped) - 1);
  const uint64_t half = uint64_t{1} << (dropped - 1);
  const uint64_t rounded = kept + (rest > half || (rest == half && (kept & 1)) ? 1 : 0);
  // A carry out of the fraction goes into the exponent, out of the largest exponent to infinity.
  const uint64_t result = (static_cast<uint64_t>(scale - least_exponent) << fraction_bits) + rounded;
  return static_cast<uint16_t>(sign | (result < infinity ? result : infinity));
}

} // namespace

double narrowing_double(int64_t value) {
  constexpr int64_t exact = int64_t{1} << 53;
  if (value > -exact && value < exact)
    return static_cast<double>(value);
  // A bit that stands for the low ones keeps ties apart from what is near them.
  return std::ldexp(static_cast<double>((value >> 11) | ((value & 0x7ff) != 0)), 11);
}

float16::float16(double value) : bits(round_to_format<10, 5>(value)) {}

float16::operator float() const {
  const uint32_t sign = static_cast<uint32_t>(bits >> 15) << 31, magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00)
    return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  if (magnitude >= 0x400)
    return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
  const float value = static_cast<float>(magnitude) * 0x1p-24f;
  return sign ? -value : value;
}

bfloat16::bfloat16(double value) : bits(round_to_format<7, 8>(value)) {}

bfloat16::operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

} // namespace etch
