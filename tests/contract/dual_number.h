// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cmath>
#include <limits>

namespace etch::test {

/// The reading of the scalar text that carries a derivative: v + d ε with ε² = 0. Derivatives of functions as in
/// textbooks, not as in the table.
struct Dual {
  using Element = double;

  double v = 0, d = 0;

  constexpr Dual() = default;
  constexpr Dual(double value, double derivative = 0) : v(value), d(derivative) {}

  friend Dual operator+(Dual a, Dual b) { return {a.v + b.v, a.d + b.d}; }
  friend Dual operator-(Dual a, Dual b) { return {a.v - b.v, a.d - b.d}; }
  friend Dual operator*(Dual a, Dual b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
  friend Dual operator/(Dual a, Dual b) { return {a.v / b.v, a.d / b.v - a.v / b.v * b.d / b.v}; }
  friend Dual operator-(Dual a) { return {-a.v, -a.d}; }

  friend bool operator==(Dual a, Dual b) { return a.v == b.v; }
  friend bool operator!=(Dual a, Dual b) { return a.v != b.v; }
  friend bool operator<(Dual a, Dual b) { return a.v < b.v; }
  friend bool operator<=(Dual a, Dual b) { return a.v <= b.v; }
  friend bool operator>(Dual a, Dual b) { return a.v > b.v; }
  friend bool operator>=(Dual a, Dual b) { return a.v >= b.v; }
  friend bool is_nan(Dual a) { return std::isnan(a.v); }
  friend Dual select(bool condition, Dual a, Dual b) { return condition ? a : b; }
  template <class Slow>
  friend Dual rarely(bool condition, const Slow &slow, Dual fast) {
    return condition ? slow() : fast;
  }
  template <class Condition, class Next>
  friend Dual repeat_while(Dual x, const Condition &condition, const Next &next) {
    while (condition(x))
      x = next(x);
    return x;
  }

  friend Dual fma(Dual a, Dual b, Dual c) { return a * b + c; }
  friend Dual abs(Dual a) { return a.v < 0 ? -a : a; }
  friend Dual maximum(Dual a, Dual b) { return a.v >= b.v ? a : b; }
  friend Dual minimum(Dual a, Dual b) { return a.v <= b.v ? a : b; }
  friend Dual ceil(Dual a) { return std::ceil(a.v); }
  friend Dual floor(Dual a) { return std::floor(a.v); }
  friend Dual trunc(Dual a) { return std::trunc(a.v); }
  friend Dual round_even(Dual a) { return std::nearbyint(a.v); }
  friend Dual copysign(Dual a, Dual b) { return std::signbit(a.v) == std::signbit(b.v) ? a : -a; }
  friend Dual ldexp(Dual a, int n) { return {std::ldexp(a.v, n), std::ldexp(a.d, n)}; }

  friend Dual sqrt(Dual a) { return along(a, std::sqrt(a.v), 0.5 / std::sqrt(a.v)); }
  friend Dual rsqrt(Dual a) { return along(a, 1 / std::sqrt(a.v), -0.5 / (a.v * std::sqrt(a.v))); }
  friend Dual exp(Dual a) { return along(a, std::exp(a.v), std::exp(a.v)); }
  friend Dual exp2(Dual a) { return along(a, std::exp2(a.v), std::exp2(a.v) * std::log(2.0)); }
  friend Dual expm1(Dual a) { return along(a, std::expm1(a.v), std::exp(a.v)); }
  friend Dual log(Dual a) { return along(a, std::log(a.v), 1 / a.v); }
  friend Dual log2(Dual a) { return along(a, std::log2(a.v), 1 / (a.v * std::log(2.0))); }
  friend Dual log1p(Dual a) { return along(a, std::log1p(a.v), 1 / (1 + a.v)); }
  friend Dual pow(Dual a, Dual b) {
    const double y = std::pow(a.v, b.v);
    return {y, (a.d == 0 ? 0 : b.v * std::pow(a.v, b.v - 1) * a.d) + (b.d == 0 ? 0 : y * std::log(a.v) * b.d)};
  }
  friend Dual sinh(Dual a) { return along(a, std::sinh(a.v), std::cosh(a.v)); }
  friend Dual cosh(Dual a) { return along(a, std::cosh(a.v), std::sinh(a.v)); }
  friend Dual tanh(Dual a) { return along(a, std::tanh(a.v), 1 / (std::cosh(a.v) * std::cosh(a.v))); }
  friend Dual asinh(Dual a) { return along(a, std::asinh(a.v), 1 / std::sqrt(a.v * a.v + 1)); }
  friend Dual acosh(Dual a) { return along(a, std::acosh(a.v), 1 / (std::sqrt(a.v - 1) * std::sqrt(a.v + 1))); }
  friend Dual atanh(Dual a) { return along(a, std::atanh(a.v), 1 / ((1 - a.v) * (1 + a.v))); }
  friend Dual erf(Dual a) { return along(a, std::erf(a.v), 2 * kInverseRootPi * std::exp(-a.v * a.v)); }
  friend Dual erfc(Dual a) { return along(a, std::erfc(a.v), -2 * kInverseRootPi * std::exp(-a.v * a.v)); }
  friend Dual gelu(Dual a) {
    const double phi = 0.5 * std::erfc(-a.v * std::sqrt(0.5));
    return along(a, a.v * phi, phi + a.v * kInverseRootPi * std::sqrt(0.5) * std::exp(-0.5 * a.v * a.v));
  }
  friend Dual sigmoid(Dual a) {
    const double s = 1 / (1 + std::exp(-a.v));
    return along(a, s, s * (1 - s));
  }
  friend Dual silu(Dual a) { return a * sigmoid(a); }
  friend Dual softplus(Dual a) {
    return along(a, std::fmax(a.v, 0.0) + std::log1p(std::exp(-std::fabs(a.v))), 1 / (1 + std::exp(-a.v)));
  }
  friend Dual sin(Dual a) { return along(a, std::sin(a.v), std::cos(a.v)); }
  friend Dual cos(Dual a) { return along(a, std::cos(a.v), -std::sin(a.v)); }
  friend Dual tan(Dual a) { return along(a, std::tan(a.v), 1 / (std::cos(a.v) * std::cos(a.v))); }
  friend Dual asin(Dual a) { return along(a, std::asin(a.v), 1 / std::sqrt((1 - a.v) * (1 + a.v))); }
  friend Dual acos(Dual a) { return along(a, std::acos(a.v), -1 / std::sqrt((1 - a.v) * (1 + a.v))); }
  friend Dual atan(Dual a) { return along(a, std::atan(a.v), 1 / (1 + a.v * a.v)); }
  friend Dual atan2(Dual a, Dual b) {
    return {std::atan2(a.v, b.v), (b.v * a.d - a.v * b.d) / (a.v * a.v + b.v * b.v)};
  }
  friend Dual float_mod(Dual a, Dual b) {
    const double times = std::floor(a.v / b.v);
    return {a.v - times * b.v, a.d - times * b.d};
  }

private:
  static constexpr double kInverseRootPi = 0.56418958354775628695;
  static Dual along(Dual a, double value, double slope) { return {value, a.d == 0 ? 0 : slope * a.d}; }
};

} // namespace etch::test
