// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etch::ops {

/// One dimension: an integer polynomial over named symbols ("n", "2*n+3", "m*n"). Canonical, so equal polynomials
/// compare equal and have equal text. Known dimensions carry no heap object. Arithmetic that leaves 64 bits throws
/// Error (too_large).
class Dim {
public:
  /// A monomial: symbol names in order, repeated for powers.
  using Monomial = std::vector<std::string>;

  Dim(int64_t value = 0) : constant_(value) {}
  static Dim symbol(std::string name);
  /// A symbol standing for an exact quotient that is no polynomial. Its name is its meaning, "[(n+1)/2]", so equal
  /// quotients are equal dimensions everywhere and evaluate() needs no table.
  static Dim quotient(const Dim &numerator, const Dim &divisor);
  /// The inverse of text(); nullopt for malformed text.
  static std::optional<Dim> parse(std::string_view text);

  bool is_static() const { return terms_ == nullptr; }
  /// Requires is_static().
  int64_t value() const { return constant_; }
  bool is(int64_t value) const { return is_static() && constant_ == value; }
  /// Whatever extents its symbols are, none of which is negative.
  bool is_surely_at_least(int64_t least) const;
  std::string text() const;

  friend Dim operator+(const Dim &a, const Dim &b);
  friend Dim operator-(const Dim &a, const Dim &b);
  friend Dim operator*(const Dim &a, const Dim &b);
  friend bool operator==(const Dim &a, const Dim &b);
  /// The exact quotient as a polynomial, where there is one for every value of the symbols.
  std::optional<Dim> divide_exactly(const Dim &divisor) const;
  /// The value for given symbols. Quotients are computed from theirs (rounded towards 0; 0 for a divisor of 0).
  int64_t evaluate(const std::function<int64_t(const std::string &)> &value_of) const;
  /// The dimension with other ones in the place of its symbols. Quotients are divided exactly where that is possible,
  /// as evaluate() does where everything is known.
  Dim substitute(const std::function<Dim(const std::string &)> &value_of) const;
  /// Adds the names of symbols not yet listed, those inside quotients included.
  void collect_symbols(std::vector<std::string> &names) const;

  int64_t constant_term() const { return constant_; }
  /// Monomials with their coefficients, without the constant.
  const std::map<Monomial, int64_t> &terms() const;

private:
  using Terms = std::map<Monomial, int64_t>;
  static Dim make(int64_t constant, Terms terms);

  int64_t constant_ = 0;
  std::shared_ptr<const Terms> terms_;
};

using Dims = std::vector<Dim>;

Dim product(const Dims &dims);
/// "2,n,3"
std::string text_of(const Dims &dims);
/// Numerator and divisor of a quotient symbol's name; nullopt for plain symbols.
std::optional<std::pair<Dim, Dim>> parse_quotient(std::string_view symbol);

} // namespace etch::ops
