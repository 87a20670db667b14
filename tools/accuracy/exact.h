// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <mpfr.h>

#include <utility>

namespace etch::accuracy {

/// The reading of the scalar text that says what a result is: a number of 192 bits with an exponent that never
/// overflows where a double's would. Its functions are found through their argument and, not being templates, win over
/// the text in ops/math; they are the functions that the ops are named after, their limits at infinity included. An op
/// without a function of its name here is read from its text, so the constants of such a text must be exact.
class Exact {
public:
  static constexpr int kBits = 192;

  Exact() { mpfr_init2(v_, kBits); } // NaN
  Exact(double x) : Exact() { mpfr_set_d(v_, x, MPFR_RNDN); }
  Exact(const Exact &other) : Exact() { mpfr_set(v_, other.v_, MPFR_RNDN); }
  Exact(Exact &&other) noexcept : Exact() { mpfr_swap(v_, other.v_); }
  Exact &operator=(Exact other) noexcept {
    mpfr_swap(v_, other.v_);
    return *this;
  }
  ~Exact() { mpfr_clear(v_); }

  /// The number that these decimals come closest to.
  static Exact decimal(const char *digits) {
    Exact y;
    mpfr_set_str(y.v_, digits, 10, MPFR_RNDN);
    return y;
  }

  bool is_infinite() const { return mpfr_inf_p(v_); }
  bool is_zero() const { return mpfr_zero_p(v_); }
  /// Of zeros and infinities as well.
  bool is_negative() const { return mpfr_signbit(v_); }
  /// The e with 2^(e-1) <= |x| < 2^e. Requires a finite number other than 0.
  long exponent() const { return mpfr_get_exp(v_); }
  double to_double() const { return mpfr_get_d(v_, MPFR_RNDN); }
  float to_float() const { return mpfr_get_flt(v_, MPFR_RNDN); }

#define ETCH_MPFR_1(name, function)                                                                                    \
  friend Exact name(const Exact &a) {                                                                                  \
    Exact y;                                                                                                           \
    function(y.v_, a.v_, MPFR_RNDN);                                                                                   \
    return y;                                                                                                          \
  }
#define ETCH_MPFR_2(name, function)                                                                                    \
  friend Exact name(const Exact &a, const Exact &b) {                                                                  \
    Exact y;                                                                                                           \
    function(y.v_, a.v_, b.v_, MPFR_RNDN);                                                                             \
    return y;                                                                                                          \
  }
#define ETCH_MPFR_RELATION(name, function)                                                                             \
  friend bool name(const Exact &a, const Exact &b) { return function(a.v_, b.v_); }
#define ETCH_MPFR_TO_INTEGRAL(name, function)                                                                          \
  friend Exact name(const Exact &a) {                                                                                  \
    Exact y;                                                                                                           \
    function(y.v_, a.v_);                                                                                              \
    return y;                                                                                                          \
  }

  ETCH_MPFR_2(operator+, mpfr_add)
  ETCH_MPFR_2(operator-, mpfr_sub)
  ETCH_MPFR_2(operator*, mpfr_mul)
  ETCH_MPFR_2(operator/, mpfr_div)
  ETCH_MPFR_1(operator-, mpfr_neg)
  ETCH_MPFR_1(abs, mpfr_abs)
  ETCH_MPFR_1(sqrt, mpfr_sqrt)
  ETCH_MPFR_2(copysign, mpfr_copysign)
  ETCH_MPFR_TO_INTEGRAL(floor, mpfr_floor)
  ETCH_MPFR_TO_INTEGRAL(ceil, mpfr_ceil)
  ETCH_MPFR_TO_INTEGRAL(trunc, mpfr_trunc)
  ETCH_MPFR_TO_INTEGRAL(round_even, mpfr_roundeven)

  ETCH_MPFR_RELATION(operator==, mpfr_equal_p)
  ETCH_MPFR_RELATION(operator<, mpfr_less_p)
  ETCH_MPFR_RELATION(operator<=, mpfr_lessequal_p)
  ETCH_MPFR_RELATION(operator>, mpfr_greater_p)
  ETCH_MPFR_RELATION(operator>=, mpfr_greaterequal_p)
  friend bool is_nan(const Exact &a) { return mpfr_nan_p(a.v_); }

  friend Exact fma(const Exact &a, const Exact &b, const Exact &c) {
    Exact y;
    mpfr_fma(y.v_, a.v_, b.v_, c.v_, MPFR_RNDN);
    return y;
  }
  friend Exact ldexp(const Exact &a, long n) {
    Exact y;
    mpfr_mul_2si(y.v_, a.v_, n, MPFR_RNDN);
    return y;
  }
  friend Exact select(bool condition, const Exact &a, const Exact &b) { return condition ? a : b; }
  template <class Slow>
  friend Exact rarely(bool condition, const Slow &slow, const Exact &fast) {
    return condition ? Exact(slow()) : fast;
  }
  template <class Condition, class Next>
  friend Exact repeat_while(Exact x, const Condition &condition, const Next &next) {
    while (condition(x))
      x = next(x);
    return x;
  }
  friend Exact maximum(const Exact &a, const Exact &b) {
    if (is_nan(a) || is_nan(b))
      return Exact();
    return a > b || (a == b && b.is_negative()) ? a : b;
  }
  friend Exact minimum(const Exact &a, const Exact &b) { return -maximum(-a, -b); }

  ETCH_MPFR_1(exp, mpfr_exp)
  ETCH_MPFR_1(exp2, mpfr_exp2)
  ETCH_MPFR_1(exp10, mpfr_exp10)
  ETCH_MPFR_1(expm1, mpfr_expm1)
  ETCH_MPFR_1(log, mpfr_log)
  ETCH_MPFR_1(log2, mpfr_log2)
  ETCH_MPFR_1(log10, mpfr_log10)
  ETCH_MPFR_1(log1p, mpfr_log1p)
  ETCH_MPFR_1(sin, mpfr_sin)
  ETCH_MPFR_1(cos, mpfr_cos)
  ETCH_MPFR_1(tan, mpfr_tan)
  ETCH_MPFR_1(asin, mpfr_asin)
  ETCH_MPFR_1(acos, mpfr_acos)
  ETCH_MPFR_1(atan, mpfr_atan)
  ETCH_MPFR_1(sinh, mpfr_sinh)
  ETCH_MPFR_1(cosh, mpfr_cosh)
  ETCH_MPFR_1(tanh, mpfr_tanh)
  ETCH_MPFR_1(asinh, mpfr_asinh)
  ETCH_MPFR_1(acosh, mpfr_acosh)
  ETCH_MPFR_1(atanh, mpfr_atanh)
  ETCH_MPFR_1(erf, mpfr_erf)
  ETCH_MPFR_1(erfc, mpfr_erfc)
  ETCH_MPFR_1(cbrt, mpfr_cbrt)
  ETCH_MPFR_1(square, mpfr_sqr)
  ETCH_MPFR_2(atan2, mpfr_atan2)
  ETCH_MPFR_2(pow, mpfr_pow)
  ETCH_MPFR_2(hypot, mpfr_hypot)
  ETCH_MPFR_2(fmod, mpfr_fmod)

#undef ETCH_MPFR_1
#undef ETCH_MPFR_2
#undef ETCH_MPFR_RELATION
#undef ETCH_MPFR_TO_INTEGRAL

  // By 1 / x, so that the sign of a zero counts.
  friend Exact reciprocal(const Exact &a) { return 1.0 / a; }
  friend Exact rsqrt(const Exact &a) { return 1.0 / sqrt(a); }
  friend Exact mod(const Exact &a, const Exact &b) {
    const Exact r = fmod(a, b);
    return r != 0.0 && r.is_negative() != b.is_negative() ? r + b : r;
  }

  friend Exact sigmoid(const Exact &a) { return 1.0 / (1.0 + exp(-a)); }
  friend Exact softplus(const Exact &a) { return maximum(a, 0.0) + log1p(exp(-abs(a))); }
  friend Exact log_sigmoid(const Exact &a) { return -softplus(-a); }
  friend Exact softsign(const Exact &a) { return a.is_infinite() ? copysign(1.0, a) : a / (1.0 + abs(a)); }
  friend Exact silu(const Exact &a) { return vanishing_below(a, sigmoid(a)); }
  friend Exact mish(const Exact &a) { return vanishing_below(a, tanh(softplus(a))); }
  friend Exact gelu(const Exact &a) { return vanishing_below(a, erfc(-a / sqrt(Exact(2.0))) / 2.0); }
  friend Exact elu(const Exact &a, const Exact &alpha) { return a > 0.0 ? a : alpha * expm1(a); }
  friend Exact elu(const Exact &a) { return elu(a, 1.0); }
  friend Exact selu(const Exact &a) {
    return decimal("1.0507009873554804934193349852946") * elu(a, decimal("1.6732632423543772848170429916717"));
  }

private:
  // a * factor, where the factor vanishes faster than a grows.
  static Exact vanishing_below(const Exact &a, const Exact &factor) {
    return a.is_infinite() && a.is_negative() ? Exact(-0.0) : a * factor;
  }

  mpfr_t v_;
};

} // namespace etch::accuracy
