// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/dim.h"

#include "support/require.h"

#include <algorithm>

namespace etch::ops {
namespace {

[[noreturn]] void too_large(int64_t a, char operation, int64_t b) {
  throw Error(ErrorCode::too_large,
              "dimensions must fit in 63 bits, got " + std::to_string(a) + " " + operation + " " + std::to_string(b));
}

int64_t add(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum))
    too_large(a, '+', b);
  return sum;
}

int64_t multiply(int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product))
    too_large(a, '*', b);
  return product;
}

// Graded order: the only kind that multiplication by a monomial preserves, which polynomial division needs.
bool lower_monomial(const Dim::Monomial &a, const Dim::Monomial &b) {
  return a.size() != b.size() ? a.size() < b.size() : a > b;
}

std::pair<Dim::Monomial, int64_t> leading_term(const Dim &dim) {
  std::pair<Dim::Monomial, int64_t> leading{{}, dim.constant_term()};
  for (const auto &[monomial, coefficient] : dim.terms())
    if (leading.first.empty() || lower_monomial(leading.first, monomial))
      leading = {monomial, coefficient};
  return leading;
}

Dim from_term(const Dim::Monomial &monomial, int64_t coefficient) {
  Dim result = coefficient;
  for (const std::string &name : monomial)
    result = result * Dim::symbol(name);
  return result;
}

std::string term_text(const Dim::Monomial &monomial, int64_t coefficient) {
  std::string text = coefficient == 1 ? "" : coefficient == -1 ? "-" : std::to_string(coefficient) + "*";
  for (size_t i = 0; i < monomial.size(); ++i)
    text += (i ? "*" : "") + monomial[i];
  return text;
}

} // namespace

Dim Dim::make(int64_t constant, Terms terms) {
  std::erase_if(terms, [](const auto &term) { return term.second == 0; });
  Dim result = constant;
  if (!terms.empty())
    result.terms_ = std::make_shared<const Terms>(std::move(terms));
  return result;
}

const std::map<Dim::Monomial, int64_t> &Dim::terms() const {
  static const Terms none;
  return terms_ ? *terms_ : none;
}

Dim Dim::symbol(std::string name) { return make(0, {{{std::move(name)}, 1}}); }

Dim Dim::quotient(const Dim &numerator, const Dim &divisor) {
  const auto grouped = [](const Dim &dim) {
    const bool single = dim.is_static() || (dim.terms().size() == 1 && dim.constant_term() == 0);
    return single ? dim.text() : "(" + dim.text() + ")";
  };
  return symbol("[" + grouped(numerator) + "/" + grouped(divisor) + "]");
}

bool Dim::is_surely_at_least(int64_t least) const {
  for (const auto &[monomial, coefficient] : terms()) {
    if (coefficient < 0)
      return false;
    for (const std::string &symbol : monomial)
      if (parse_quotient(symbol)) // of anything
        return false;
  }
  return constant_ >= least;
}

std::string Dim::text() const {
  if (is_static())
    return std::to_string(constant_);
  std::string text;
  for (const auto &[monomial, coefficient] : *terms_) {
    std::string term = term_text(monomial, coefficient);
    text += (text.empty() || term[0] == '-' ? "" : "+") + term;
  }
  if (constant_ != 0)
    text += (constant_ > 0 ? "+" : "") + std::to_string(constant_);
  return text;
}

Dim operator+(const Dim &a, const Dim &b) {
  if (b.is_static() && a.is_static())
    return add(a.constant_, b.constant_);
  Dim::Terms terms = a.terms();
  for (const auto &[monomial, coefficient] : b.terms())
    terms[monomial] = add(terms[monomial], coefficient);
  return Dim::make(add(a.constant_, b.constant_), std::move(terms));
}

Dim operator*(const Dim &a, const Dim &b) {
  if (a.is_static() && b.is_static())
    return multiply(a.constant_, b.constant_);
  Dim::Terms terms;
  const auto accumulate = [&](const Dim::Monomial &monomial, int64_t coefficient) {
    if (coefficient != 0)
      terms[monomial] = add(terms[monomial], coefficient);
  };
  for (const auto &[monomial, coefficient] : a.terms()) {
    accumulate(monomial, multiply(coefficient, b.constant_));
    for (const auto &[other, factor] : b.terms()) {
      Dim::Monomial product;
      std::merge(monomial.begin(), monomial.end(), other.begin(), other.end(), std::back_inserter(product));
      accumulate(product, multiply(coefficient, factor));
    }
  }
  for (const auto &[monomial, coefficient] : b.terms())
    accumulate(monomial, multiply(coefficient, a.constant_));
  return Dim::make(multiply(a.constant_, b.constant_), std::move(terms));
}

Dim operator-(const Dim &a, const Dim &b) {
  if (a.is_static() && b.is_static()) {
    int64_t difference;
    if (__builtin_sub_overflow(a.constant_, b.constant_, &difference))
      too_large(a.constant_, '-', b.constant_);
    return difference;
  }
  return a + Dim(-1) * b;
}

bool operator==(const Dim &a, const Dim &b) {
  return a.constant_ == b.constant_ && (a.terms_ == b.terms_ || a.terms() == b.terms());
}

std::optional<Dim> Dim::divide_exactly(const Dim &divisor) const {
  if (divisor.is(0))
    return std::nullopt;
  const auto [head, head_coefficient] = leading_term(divisor);
  Dim rest = *this;
  Dim result = 0;
  // Each step removes the leading term, so the remainder sinks in a well-founded order.
  while (!rest.is(0)) {
    const auto [monomial, coefficient] = leading_term(rest);
    if (head_coefficient == -1 ? coefficient == INT64_MIN : coefficient % head_coefficient != 0)
      return std::nullopt;
    if (!std::includes(monomial.begin(), monomial.end(), head.begin(), head.end()))
      return std::nullopt;
    Monomial factor;
    std::set_difference(monomial.begin(), monomial.end(), head.begin(), head.end(), std::back_inserter(factor));
    const Dim term = from_term(factor, coefficient / head_coefficient);
    result = result + term;
    rest = rest - term * divisor;
  }
  return result;
}

int64_t Dim::evaluate(const std::function<int64_t(const std::string &)> &value_of) const {
  int64_t sum = constant_;
  for (const auto &[monomial, coefficient] : terms()) {
    int64_t term = coefficient;
    for (const std::string &name : monomial) {
      int64_t value;
      if (const auto parts = parse_quotient(name)) {
        const int64_t divisor = parts->second.evaluate(value_of);
        const int64_t numerator = parts->first.evaluate(value_of);
        value = divisor == 0 || (divisor == -1 && numerator == INT64_MIN) ? 0 : numerator / divisor;
      } else {
        value = value_of(name);
      }
      term = multiply(term, value);
    }
    sum = add(sum, term);
  }
  return sum;
}

Dim Dim::substitute(const std::function<Dim(const std::string &)> &value_of) const {
  const auto value = [&](const std::string &name) {
    const auto parts = parse_quotient(name);
    if (!parts)
      return value_of(name);
    const Dim numerator = parts->first.substitute(value_of), divisor = parts->second.substitute(value_of);
    if (numerator.is_static() && divisor.is_static())
      return Dim(quotient(numerator, divisor).evaluate([](const std::string &) { return int64_t{0}; }));
    const auto exact = numerator.divide_exactly(divisor);
    return exact ? *exact : quotient(numerator, divisor);
  };
  Dim sum = constant_;
  for (const auto &[monomial, coefficient] : terms()) {
    Dim term = coefficient;
    for (const std::string &name : monomial)
      term = term * value(name);
    sum = sum + term;
  }
  return sum;
}

void Dim::collect_symbols(std::vector<std::string> &names) const {
  for (const auto &[monomial, coefficient] : terms())
    for (const std::string &name : monomial) {
      if (const auto parts = parse_quotient(name)) {
        parts->first.collect_symbols(names);
        parts->second.collect_symbols(names);
      } else if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
}

Dim product(const Dims &dims) {
  Dim result = 1;
  for (const Dim &dim : dims)
    result = result * dim;
  return result;
}

std::string text_of(const Dims &dims) {
  std::string text;
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i ? "," : "") + dims[i].text();
  return text;
}

} // namespace etch::ops
