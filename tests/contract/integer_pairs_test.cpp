// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer operations on all pairs of 8-bit numbers, and on extreme pairs of the wider dtypes, against the table of
// docs/numerics.md written in 128 bits, where nothing overflows. Eagerly, compiled, and compiled for unknown extents.
#include <etch/etch.h>

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace etch {
namespace {

using Wide = __int128;

template <class T>
constexpr Wide kMin = std::numeric_limits<T>::min();
template <class T>
constexpr int kBits = static_cast<int>(8 * sizeof(T));

Wide floor_quotient(Wide x, Wide y) { return x / y - (x % y != 0 && (x < 0) != (y < 0)); }

template <class T>
T wrapped_power(T base, Wide exponent) {
  T result = 1;
  for (Wide bit = exponent, square = base; bit > 0; bit >>= 1) {
    if (bit & 1)
      result = static_cast<T>(static_cast<Wide>(result) * square);
    square = static_cast<T>(square * square);
  }
  return result;
}

/// 1 / x^n rounded toward zero for a negative n.
template <class T>
T power(Wide x, Wide n) {
  if (n >= 0)
    return wrapped_power(static_cast<T>(x), n);
  if (x == 0)
    return static_cast<T>(-1);
  return x == 1 ? T{1} : x == -1 ? static_cast<T>(n % 2 == 0 ? 1 : -1) : T{0};
}

struct Rule {
  const char *name;
  std::function<Tensor(const Tensor &, const Tensor &)> run;
  std::function<Wide(Wide, Wide)> exact; ///< reduced modulo 2^bits afterwards
};

template <class T>
std::vector<Rule> rules() {
  const auto in_width = [](Wide count) { return count >= 0 && count < kBits<T>; };
  const auto bits_of = [](Wide x) { return x & ((Wide{1} << kBits<T>)-1); };
  return {
      {"add", [](const Tensor &x, const Tensor &y) { return x + y; }, [](Wide x, Wide y) { return x + y; }},
      {"sub", [](const Tensor &x, const Tensor &y) { return x - y; }, [](Wide x, Wide y) { return x - y; }},
      {"mul", [](const Tensor &x, const Tensor &y) { return x * y; }, [](Wide x, Wide y) { return x * y; }},
      {"truncdiv", [](const Tensor &x, const Tensor &y) { return truncdiv(x, y); },
       [](Wide x, Wide y) { return y == 0 ? Wide{-1} : x / y; }},
      {"floordiv", [](const Tensor &x, const Tensor &y) { return floordiv(x, y); },
       [](Wide x, Wide y) { return y == 0 ? Wide{-1} : floor_quotient(x, y); }},
      {"mod", [](const Tensor &x, const Tensor &y) { return mod(x, y); },
       [](Wide x, Wide y) { return y == 0 ? x : x - floor_quotient(x, y) * y; }},
      {"left_shift", [](const Tensor &x, const Tensor &y) { return x << y; },
       [=](Wide x, Wide y) { return in_width(y) ? bits_of(x) << y : Wide{0}; }},
      {"right_shift", [](const Tensor &x, const Tensor &y) { return x >> y; },
       [=](Wide x, Wide y) { return in_width(y) ? x >> y : Wide{x < 0 ? -1 : 0}; }},
      {"pow", [](const Tensor &x, const Tensor &y) { return pow(x, y); },
       [](Wide x, Wide y) { return Wide{power<T>(x, y)}; }},
  };
}

/// got: of all pairs of values, row by row.
template <class T>
void expect_rule(const Rule &rule, const char *mode, const std::vector<T> &values, const std::vector<T> &got) {
  ASSERT_EQ(got.size(), values.size() * values.size());
  int reported = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const T a = values[i / values.size()], b = values[i % values.size()];
    const T want = static_cast<T>(rule.exact(a, b));
    if (got[i] != want && ++reported <= 5)
      ADD_FAILURE() << rule.name << "(" << +a << ", " << +b << ") " << mode << " is " << +got[i] << " instead of "
                    << +want;
  }
}

template <class T>
void expect_rules(const std::vector<T> &values) {
  const int64_t n = static_cast<int64_t>(values.size());
  const Tensor x = from_vector(values, Shape({n, 1})), y = from_vector(values, Shape({1, n}));
  for (const Rule &rule : rules<T>()) {
    expect_rule(rule, "eagerly", values, rule.run(x, y).template to_vector<T>());
    expect_rule(rule, "compiled", values, function(rule.run)(x, y).template to_vector<T>());
    const Options unknown{.input_signature = {spec<T>({dyn, dyn}), spec<T>({dyn, dyn})}};
    expect_rule(rule, "for unknown extents", values, function(rule.run, unknown)(x, y).template to_vector<T>());
  }
}

template <class T>
std::vector<T> all_values() {
  std::vector<T> values;
  for (Wide value = kMin<T>; value <= std::numeric_limits<T>::max(); ++value)
    values.push_back(static_cast<T>(value));
  return values;
}

/// Around zero, the ends of the range, powers of two and the width of shifts.
template <class T>
std::vector<T> edge_values() {
  std::vector<T> values;
  for (const Wide centre :
       {Wide{0}, kMin<T>, Wide{std::numeric_limits<T>::max()}, Wide{kBits<T>}, Wide{127}, Wide{-128}})
    for (Wide offset = -3; offset <= 3; ++offset)
      values.push_back(static_cast<T>(centre + offset));
  for (int bit = 0; bit < kBits<T>; ++bit)
    for (const Wide offset : {Wide{-1}, Wide{0}, Wide{1}}) {
      values.push_back(static_cast<T>((Wide{1} << bit) + offset));
      values.push_back(static_cast<T>(-(Wide{1} << bit) + offset));
    }
  return values;
}

TEST(IntegerPairs, AllOfEightBits) {
  expect_rules(all_values<int8_t>());
  expect_rules(all_values<uint8_t>());
}

TEST(IntegerPairs, EdgesOfWiderDTypes) {
  expect_rules(edge_values<int16_t>());
  expect_rules(edge_values<int32_t>());
  expect_rules(edge_values<int64_t>());
}

} // namespace
} // namespace etch
