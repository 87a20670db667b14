// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cmath>
#include <limits>

namespace etch {

/// The reading of the scalar text that says what a result should be: arithmetic in double, functions of the C++
/// library. Its functions are found through their argument and, not being templates, win over the text in ops/math.
/// Not for files compiled for one x86-64 level.
struct Oracle {
  using Element = double;

  double v = 0;

  constexpr Oracle() = default;
  constexpr Oracle(double value) : v(value) {}

  friend Oracle operator+(Oracle a, Oracle b) { return a.v + b.v; }
  friend Oracle operator-(Oracle a, Oracle b) { return a.v - b.v; }
  friend Oracle operator*(Oracle a, Oracle b) { return a.v * b.v; }
  friend Oracle operator/(Oracle a, Oracle b) { return a.v / b.v; }
  friend Oracle operator-(Oracle a) { return -a.v; }

  friend bool operator==(Oracle a, Oracle b) { return a.v == b.v; }
  friend bool operator!=(Oracle a, Oracle b) { return a.v != b.v; }
  friend bool operator<(Oracle a, Oracle b) { return a.v < b.v; }
  friend bool operator<=(Oracle a, Oracle b) { return a.v <= b.v; }
  friend bool operator>(Oracle a, Oracle b) { return a.v > b.v; }
  friend bool operator>=(Oracle a, Oracle b) { return a.v >= b.v; }
  friend bool is_nan(Oracle a) { return std::isnan(a.v); }
  friend Oracle select(bool condition, Oracle a, Oracle b) { return condition ? a : b; }

  friend Oracle fma(Oracle a, Oracle b, Oracle c) { return std::fma(a.v, b.v, c.v); }
  friend Oracle sqrt(Oracle a) { return std::sqrt(a.v); }
  friend Oracle abs(Oracle a) { return std::fabs(a.v); }
  template <class Slow>
  friend Oracle rarely(bool condition, const Slow &slow, Oracle fast) {
    return condition ? slow() : fast;
  }
  template <class Condition, class Next>
  friend Oracle repeat_while(Oracle x, const Condition &condition, const Next &next) {
    while (condition(x))
      x = next(x);
    return x;
  }
  friend Oracle ceil(Oracle a) { return std::ceil(a.v); }
  friend Oracle floor(Oracle a) { return std::floor(a.v); }
  friend Oracle trunc(Oracle a) { return std::trunc(a.v); }
  friend Oracle round_even(Oracle a) { return std::nearbyint(a.v); }
  friend Oracle copysign(Oracle a, Oracle b) { return std::copysign(a.v, b.v); }
  friend Oracle ldexp(Oracle a, int n) { return std::ldexp(a.v, n); }
  friend Oracle maximum(Oracle a, Oracle b) {
    if (is_nan(a) || is_nan(b))
      return std::numeric_limits<double>::quiet_NaN();
    return a > b || (a == b && std::signbit(b.v)) ? a : b;
  }
  friend Oracle minimum(Oracle a, Oracle b) { return -maximum(-a, -b); }

  friend Oracle exp(Oracle a) { return std::exp(a.v); }
  friend Oracle exp2(Oracle a) { return std::exp2(a.v); }
  friend Oracle expm1(Oracle a) { return std::expm1(a.v); }
  friend Oracle log(Oracle a) { return std::log(a.v); }
  friend Oracle log2(Oracle a) { return std::log2(a.v); }
  friend Oracle log1p(Oracle a) { return std::log1p(a.v); }
  friend Oracle pow(Oracle a, Oracle b) { return std::pow(a.v, b.v); }
  friend Oracle sinh(Oracle a) { return std::sinh(a.v); }
  friend Oracle cosh(Oracle a) { return std::cosh(a.v); }
  friend Oracle tanh(Oracle a) { return std::tanh(a.v); }
  friend Oracle asinh(Oracle a) { return std::asinh(a.v); }
  friend Oracle acosh(Oracle a) { return std::acosh(a.v); }
  friend Oracle atanh(Oracle a) { return std::atanh(a.v); }
  friend Oracle erf(Oracle a) { return std::erf(a.v); }
  friend Oracle erfc(Oracle a) { return std::erfc(a.v); }
  friend Oracle gelu(Oracle a) { return a.v < -40 ? -0.0 : 0.5 * a.v * std::erfc(-0.70710678118654752440 * a.v); }
  friend Oracle silu(Oracle a) { return a.v < -760 ? -0.0 : a.v / (1 + std::exp(-a.v)); }
  friend Oracle sin(Oracle a) { return std::sin(a.v); }
  friend Oracle cos(Oracle a) { return std::cos(a.v); }
  friend Oracle tan(Oracle a) { return std::tan(a.v); }
  friend Oracle asin(Oracle a) { return std::asin(a.v); }
  friend Oracle acos(Oracle a) { return std::acos(a.v); }
  friend Oracle atan(Oracle a) { return std::atan(a.v); }
  friend Oracle atan2(Oracle a, Oracle b) { return std::atan2(a.v, b.v); }
  friend Oracle rsqrt(Oracle a) { return 1 / std::sqrt(a.v); }
  friend Oracle float_mod(Oracle a, Oracle b) {
    const double r = std::fmod(a.v, b.v);
    return r != 0 && (r < 0) != (b.v < 0) ? r + b.v : r;
  }
  friend Oracle softplus(Oracle a) { return std::fmax(a.v, 0.0) + std::log1p(std::exp(-std::fabs(a.v))); }
  friend Oracle sigmoid(Oracle a) {
    const double e = std::exp(-std::fabs(a.v));
    return (a.v < 0 ? e : 1.0) / (1.0 + e);
  }
};

} // namespace etch
