// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_dtype.h"
#include "ops/math/unrounded.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

// Method: an angle a >= 0 is n quarter turns and a rest of at most half a quarter turn, kept as an unevaluated sum.
// Ordinary angles subtract n times pi/2 in three parts with fma (Cody and Waite); large ones multiply the integer a /
// ulp by the bits of 2/pi that decide (Payne and Hanek, SIGNUM Newsletter 18, 1983), by halves of words, as no target
// has products of whole words. Beyond 1 no float is closer than 2^-30 to a multiple of pi/2, no double closer than
// 2^-61.

namespace etch::text {

/// (high + low) + quadrant * pi/2, with high the rounded sum. Only the last two bits of the quadrant mean anything.
template <class X, class Integer>
struct Angle {
  X high;
  X low;
  Integer quadrant;
};

template <class X>
auto is_far_angle(const X &a) {
  return ETCH_BY_DTYPE(a, a >= 0x1p+12, a >= 0x1p+22);
}

/// Requires that a is not far, or NaN.
template <class X>
auto near_angle(const X &a) {
  // Rounds to an integer in the low bits, as in exp.h.
  const double to_integer32 = 0x1.8p+23, to_integer64 = 0x1.8p+52;
  const X shifted = ETCH_BY_DTYPE(a, fma(a, 0x1.45f306p-1, to_integer32), fma(a, 0x1.45f306dc9c883p-1, to_integer64));
  const X n = ETCH_BY_DTYPE(a, shifted - to_integer32, shifted - to_integer64);
  // Exact: a multiple of a's or the constant's last place, below 1.
  const X rest = ETCH_BY_DTYPE(a, fma(n, -0x1.921fb6p+0, a), fma(n, -0x1.921fb54442d18p+0, a));
  const X high = ETCH_BY_DTYPE(a, fma(n, 0x1.778p-25, rest), fma(n, -0x1.1a62633p-54, rest));
  // Exact, as n times the second part is.
  const X lost = ETCH_BY_DTYPE(a, fma(n, 0x1.778p-25, rest - high), fma(n, -0x1.1a62633p-54, rest - high));
  const X low = ETCH_BY_DTYPE(a, fma(n, -0x1.68c234p-39, lost), fma(n, -0x1.45c06e0e68948p-86, lost));
  const auto quadrant = to_bits(shifted);
  return Angle<X, std::remove_const_t<decltype(quadrant)>>{high, low, quadrant};
}

template <size_t distance, class Integer, size_t length, class Mask, size_t... index>
auto moved_up(const std::array<Integer, length> &words, const Mask &mask, std::index_sequence<index...>) {
  return std::array<Integer, sizeof...(index)>{select(mask, words[index + distance], words[index])...};
}

/// Four successive words, beginning with number `first` in [0, 2 * distance), out of a list: one bit of `first` after
/// the other moves the list up or leaves it.
template <size_t distance, class Integer, size_t length>
auto four_words(const std::array<Integer, length> &words, const Integer &first) {
  if constexpr (distance == 0) {
    return words;
  } else {
    const auto moves = (first & static_cast<int64_t>(distance)) != 0;
    return four_words<distance / 2>(moved_up<distance>(words, moves, std::make_index_sequence<distance + 3>()), first);
  }
}

/// `words` as values of the type of `zero`, which is 0.
template <class Integer, class... Words>
auto word_list(const Integer &zero, Words... words) {
  return std::array<Integer, sizeof...(words)>{(zero | words)...};
}

/// Three words of 2/pi: those bits that are worth less than a turn in the product with a. `offset` is the exponent of a
/// less that of the least far angle.
template <class X, class Integer>
auto bits_of_two_over_pi(const X &a, const Integer &offset) {
  const Integer zero = offset & 0;
  const Integer first = ETCH_BY_DTYPE(a, shr_logical(offset, 5), shr_logical(offset, 6));
  const auto words = ETCH_BY_DTYPE(
      a,
      four_words<2>(word_list(zero, 0x000517cc, 0x1b727220, 0xa94fe13a, 0xbe8fa9a6, 0xee06db14, 0xacc9e21c, 0x820ff28b),
                    first),
      four_words<8>(word_list(zero, 0x00000000a2f9836e, 0x4e441529fc2757d1, 0xf534ddc0db629599, 0x3c439041fe5163ab,
                              0xdebbc561b7246e3a, 0x424dd2e006492eea, 0x09d1921cfe1deb1c, 0xb129a73ee88235f5,
                              0x2ebb4484e99c7026, 0xb45f7e413991d639, 0x835339f49c845f8b, 0xbdf9283b1ff897ff,
                              0xde05980fef2f118b, 0x5a0a6d1f6d367ecf, 0x27cb09b74f463f66, 0x9e5fea2d7527bac7,
                              0xebe5f17b3d0739f7, 0x8a5292ea6bfb5fb1, 0x1f8d5d0856033046),
                    first));
  const Integer last = ETCH_BY_DTYPE(a, zero | 31, zero | 63);
  const Integer bit = offset & last, rest = last - bit;
  const auto joined = [&](const Integer &left, const Integer &right) {
    return shl(left, bit) | shr_logical(shr_logical(right, 1), rest);
  };
  return std::array<Integer, 3>{joined(words[0], words[1]), joined(words[1], words[2]), joined(words[2], words[3])};
}

/// A fraction of six half words, the last first.
template <class Integer>
using HalfWords = std::array<Integer, 6>;

/// The product with a significand, modulo 1. `half` is the number of bits in half a word, `below` has those bits set.
template <class Integer>
HalfWords<Integer> fraction_product(const HalfWords<Integer> &fraction, const Integer &significand, int half,
                                    int64_t below) {
  const Integer lower = significand & below, upper = shr_logical(significand, half);
  HalfWords<Integer> digits = fraction;
  Integer carry = significand & 0;
  for (size_t i = 0; i < fraction.size(); ++i) {
    const Integer by_lower = fraction[i] * lower;
    const Integer sum = (by_lower & below) + carry;
    digits[i] = sum & below;
    carry = shr_logical(sum, half) + shr_logical(by_lower, half) + fraction[i] * upper;
  }
  return digits;
}

/// Requires that a is far; infinity gives NaN.
template <class X>
auto far_angle(const X &a) {
  const auto bits = to_bits(a);
  using Integer = std::remove_const_t<decltype(bits)>;
  const Integer offset = ETCH_BY_DTYPE(a, (bits >> 23) - (127 + 12), (bits >> 52) - (1023 + 22));
  const Integer significand =
      ETCH_BY_DTYPE(a, (bits & 0x7fffff) | 0x800000, (bits & 0xfffffffffffff) | 0x10000000000000);
  const int half = ETCH_BY_DTYPE(a, 16, 32);
  const int64_t below = (int64_t{1} << half) - 1;
  const auto words = bits_of_two_over_pi(a, offset);
  const HalfWords<Integer> fraction{words[2] & below, shr_logical(words[2], half),
                                    words[1] & below, shr_logical(words[1], half),
                                    words[0] & below, shr_logical(words[0], half)};
  // What a leaves of a turn, as a fraction of one.
  const HalfWords<Integer> turn = fraction_product(fraction, significand, half, below);
  const Integer top = (turn[5] << half) | turn[4];
  const Integer quadrant =
      ETCH_BY_DTYPE(a, shr_logical(top + 0x20000000, 30), shr_logical(top + 0x2000000000000000, 62));
  const Integer rest = ETCH_BY_DTYPE(a, top - (quadrant << 30), top - (quadrant << 62));
  // The half words of the rest in quarter turns, each exact; only the first is signed.
  const X part1 = ETCH_BY_DTYPE(a, to_float(rest >> half) * 0x1p-14, to_float(rest >> half) * 0x1p-30);
  const X part2 = ETCH_BY_DTYPE(a, to_float(turn[4] & below) * 0x1p-30, to_float(turn[4] & below) * 0x1p-62);
  const X part3 = ETCH_BY_DTYPE(a, to_float(turn[3]) * 0x1p-46, to_float(turn[3]) * 0x1p-94);
  const X part4 = ETCH_BY_DTYPE(a, to_float(turn[2]) * 0x1p-62, to_float(turn[2]) * 0x1p-126);
  const Unrounded<X> sum12 = renormalised(part1, part2), sum = renormalised(sum12.high, part3);
  // Infinity - infinity is NaN.
  const X remainder = sum12.low + sum.low + part4 + (a - a);
  const X product_high = ETCH_BY_DTYPE(a, sum.high * 0x1.921fb6p+0, sum.high * 0x1.921fb54442d18p+0);
  const X product_lost =
      ETCH_BY_DTYPE(a, fma(sum.high, 0x1.921fb6p+0, -product_high), fma(sum.high, 0x1.921fb54442d18p+0, -product_high));
  const X rounding = ETCH_BY_DTYPE(a, fma(sum.high, -0x1.777a5cp-25, product_lost),
                                   fma(sum.high, 0x1.1a62633145c07p-54, product_lost));
  const X product_low =
      ETCH_BY_DTYPE(a, fma(remainder, 0x1.921fb6p+0, rounding), fma(remainder, 0x1.921fb54442d18p+0, rounding));
  const Unrounded<X> angle = renormalised(product_high, product_low);
  return Angle<X, Integer>{angle.high, angle.low, quadrant};
}

} // namespace etch::text
