// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/accuracy/inputs.h"

#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

namespace etch::accuracy {
namespace {

constexpr long double kHalfPi = 1.570796326794896619231321691639751442L;

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

// What comes `steps` numbers after x, counted away from 0, by the bits: beyond the largest number lie infinity and NaN.
template <class T>
T moved(T x, int64_t steps) {
  return std::bit_cast<T>(static_cast<BitsOf<T>>(std::bit_cast<BitsOf<T>>(x) + static_cast<BitsOf<T>>(steps)));
}

template <class T>
void add_with_neighbours(std::vector<T> &values, T x) {
  for (int64_t steps : {-2, -1, 0, 1, 2})
    if (x != 0 || steps >= 0)
      values.push_back(moved(x, steps));
}

template <class T>
void add_negatives(std::vector<T> &values) {
  for (size_t i = values.size(); i-- > 0;)
    values.push_back(-values[i]);
}

// Where functions begin to overflow and underflow: logarithms, roots and halves of the ends of the range.
template <class T>
std::vector<T> ends() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {0, Limits::denorm_min(), Limits::min(), Limits::max(), Limits::max() / 2};
  for (T end : {Limits::denorm_min(), Limits::min(), Limits::max()}) {
    values.push_back(std::fabs(std::log(end)));
    values.push_back(std::fabs(std::log2(end)));
    values.push_back(std::fabs(std::log10(end)));
    values.push_back(std::fabs(std::log(end)) + T(0.6931471805599453)); // half of that end
    values.push_back(std::sqrt(end));
    values.push_back(std::cbrt(end));
    values.push_back(std::sqrt(std::fabs(std::log(end))));
  }
  return values;
}

template <class T>
std::vector<T> hard_values() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values;
  for (T end : ends<T>())
    add_with_neighbours(values, end);
  for (int e = Limits::min_exponent - Limits::digits; e < Limits::max_exponent; ++e)
    add_with_neighbours(values, std::ldexp(T(1), e));
  for (int k = 1; k <= 64; ++k)
    add_with_neighbours(values, static_cast<T>(k * kHalfPi));
  for (int e = 7; e < 40; ++e)
    for (int odd : {1, 3})
      add_with_neighbours(values, static_cast<T>(std::ldexp(odd * kHalfPi, e)));
  // The number of the format nearest to a multiple of pi / 2 other than 0 (Kahan and McDonald).
  if constexpr (sizeof(T) == 4)
    values.push_back(0x1.f37c8ap+95f);
  else
    values.push_back(0x1.6ac5b262ca1ffp+849);
  for (int k = 1; k <= 100; ++k)
    values.push_back(static_cast<T>(k) / 2);
  add_negatives(values);
  for (T x : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()})
    values.push_back(x);
  return values;
}

// Short enough for all pairs.
template <class T>
std::vector<T> hard_operands() {
  using Limits = std::numeric_limits<T>;
  const T all_bits = std::ldexp(T(1), Limits::digits);
  std::vector<T> values = {0,
                           Limits::denorm_min(),
                           moved(Limits::min(), -1),
                           Limits::min(),
                           Limits::epsilon(),
                           T(0.25),
                           T(1) / 3,
                           T(0.5),
                           moved(T(1), -1),
                           1,
                           moved(T(1), 1),
                           T(1.5),
                           static_cast<T>(kHalfPi),
                           2,
                           T(2.5),
                           3,
                           4,
                           7,
                           10,
                           100,
                           all_bits - 1, // the largest odd integer
                           all_bits,
                           Limits::max(),
                           Limits::infinity()};
  for (T end : ends<T>())
    values.push_back(end);
  add_negatives(values);
  values.push_back(Limits::quiet_NaN());
  return values;
}

// SplitMix64 (Steele, Lea and Flood, 2014): mixes a number into 64 random bits.
uint64_t mixed(uint64_t number) {
  uint64_t z = number * 0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

// In [0, 1).
template <class T>
T fraction(uint64_t random) {
  return std::ldexp(static_cast<T>(random >> (64 - std::numeric_limits<T>::digits)), -std::numeric_limits<T>::digits);
}

enum class Kind { bits, exponents, intervals, near_one, near_hard, halves };
// In turn. There are too few halves to spend inputs of one operand on; they matter beside others (powers).
constexpr Kind kUnaryKinds[] = {Kind::bits,      Kind::exponents, Kind::intervals, Kind::near_one,
                                Kind::near_hard, Kind::exponents, Kind::intervals, Kind::intervals};
constexpr Kind kBinaryKinds[] = {Kind::bits,     Kind::exponents, Kind::intervals,
                                 Kind::near_one, Kind::near_hard, Kind::halves};

// `random` decides what, `more` where.
template <class T>
T random_value(Kind kind, uint64_t random, uint64_t more, const std::vector<T> &hard) {
  const T sign = random & 1 ? T(-1) : T(1);
  const uint64_t choice = random >> 1;
  switch (kind) {
  case Kind::bits:
    return std::bit_cast<T>(static_cast<BitsOf<T>>(more));
  case Kind::exponents: // from -24 to 10
    return sign * std::ldexp(1 + fraction<T>(more), static_cast<int>(choice % 35) - 24);
  case Kind::intervals: {
    constexpr int widths[] = {1, 2, 4, 8, 32, sizeof(T) == 4 ? 110 : 760};
    return sign * fraction<T>(more) * static_cast<T>(widths[choice % 6]);
  }
  case Kind::near_one: // 1 and something between half of it and an ulp
    return sign *
           (1 + (choice & 1 ? T(-1) : T(1)) *
                    std::ldexp(fraction<T>(more), -static_cast<int>((choice >> 1) % std::numeric_limits<T>::digits)));
  case Kind::near_hard: {
    const auto steps = static_cast<int64_t>(more % 65) - 32;
    const int shift = static_cast<int>((choice >> 1) % 40);
    if (choice & 1)
      return sign * moved(static_cast<T>(kHalfPi * static_cast<long double>(1 + (more >> 8) % (uint64_t{1} << shift))),
                          steps % 3);
    return moved(hard[(choice >> 1) % hard.size()], steps);
  }
  case Kind::halves:
    return sign * static_cast<T>((more >> 32) % (choice & 1 ? 64 : 4096)) / 2;
  }
  __builtin_unreachable();
}

} // namespace

template <class T>
HardInputs<T>::HardInputs(int operand_count)
    : operand_count_(operand_count), values_(operand_count == 1 ? hard_values<T>() : hard_operands<T>()) {}

template <class T>
uint64_t HardInputs<T>::size() const {
  return operand_count_ == 1 ? values_.size() : values_.size() * values_.size();
}

template <class T>
void HardInputs<T>::fill(uint64_t first, int64_t n, T *const *x) const {
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t number = first + static_cast<uint64_t>(i);
    x[0][i] = values_[number % values_.size()];
    if (operand_count_ == 2)
      x[1][i] = values_[number / values_.size()];
  }
}

void StridedInputs::fill(uint64_t first, int64_t n, float *const *x) const {
  for (int64_t i = 0; i < n; ++i)
    x[0][i] = std::bit_cast<float>(static_cast<uint32_t>((first + static_cast<uint64_t>(i)) * stride_));
}

template <class T>
RandomInputs<T>::RandomInputs(int operand_count) : operand_count_(operand_count), hard_(hard_values<T>()) {}

template <class T>
void RandomInputs<T>::fill(uint64_t first, int64_t n, T *const *x) const {
  const std::span<const Kind> kinds =
      operand_count_ == 1 ? std::span<const Kind>(kUnaryKinds) : std::span<const Kind>(kBinaryKinds);
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t number = first + static_cast<uint64_t>(i);
    for (int k = 0; k < operand_count_; ++k) {
      const uint64_t seed = 4 * number + 2 * static_cast<uint64_t>(k);
      const uint64_t random = mixed(seed), more = mixed(seed + 1);
      const bool is_mixed_pair = k == 1 && number / kinds.size() % 2 == 1;
      const uint64_t kind = (is_mixed_pair ? random >> 48 : number) % kinds.size();
      x[k][i] = random_value(kinds[kind], random, more, hard_);
    }
  }
}

template class HardInputs<float>;
template class HardInputs<double>;
template class RandomInputs<float>;
template class RandomInputs<double>;

} // namespace etch::accuracy
