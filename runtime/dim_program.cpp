// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dim_program.h"

#include "support/require.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace etch::runtime {

DimProgram::DimProgram(std::vector<std::string> symbols, std::span<const ops::Dim> dims)
    : symbol_count_(symbols.size()), names_(std::move(symbols)) {
  for (const ops::Dim &dim : dims) {
    // Two steps: compiling a dim appends to the arrays that a Polynomial points into, never to results_.
    const Polynomial polynomial = compile(dim);
    results_.push_back(polynomial);
  }
}

int32_t DimProgram::index_of(const std::string &name) {
  if (const auto at = std::find(names_.begin(), names_.end(), name); at != names_.end())
    return static_cast<int32_t>(at - names_.begin());
  const std::optional<std::pair<ops::Dim, ops::Dim>> parts = ops::parse_quotient(name);
  ETCH_CHECK(parts) << "symbol " << name << " of a dimension has no source";
  // The parts' own quotients come first, so that values can be filled in from left to right.
  const Polynomial numerator = compile(parts->first);
  const Polynomial divisor = compile(parts->second);
  names_.push_back(name);
  quotients_.push_back({numerator, divisor});
  return static_cast<int32_t>(names_.size()) - 1;
}

DimProgram::Polynomial DimProgram::compile(const ops::Dim &dim) {
  if (dim.is_static())
    return {dim.value(), 0, 0};
  std::vector<Term> terms;
  for (const auto &[monomial, coefficient] : dim.terms()) {
    std::vector<int32_t> factors;
    for (const std::string &name : monomial)
      factors.push_back(index_of(name));
    terms.push_back({coefficient, static_cast<int32_t>(factors_.size()), static_cast<int32_t>(factors.size())});
    factors_.insert(factors_.end(), factors.begin(), factors.end());
  }
  const Polynomial polynomial{dim.constant_term(), static_cast<int32_t>(terms_.size()),
                              static_cast<int32_t>(terms.size())};
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  return polynomial;
}

int64_t DimProgram::value_of(const Polynomial &polynomial, const int64_t *values) const {
  int64_t sum = polynomial.constant;
  bool overflow = false;
  for (int32_t t = 0; t < polynomial.term_count; ++t) {
    const Term &term = terms_[static_cast<size_t>(polynomial.first_term + t)];
    int64_t product = term.coefficient;
    for (int32_t f = 0; f < term.factor_count; ++f)
      overflow |= __builtin_mul_overflow(product, values[factors_[static_cast<size_t>(term.first_factor + f)]], &product);
    overflow |= __builtin_add_overflow(sum, product, &sum);
  }
  ETCH_REQUIRE(!overflow, ErrorCode::too_large, Location{}) << "shape: dimensions must fit in 63 bits";
  return sum;
}

void DimProgram::evaluate(int64_t *values, int64_t *results) const {
  for (size_t i = 0; i < quotients_.size(); ++i) {
    const int64_t numerator = value_of(quotients_[i].numerator, values);
    const int64_t divisor = value_of(quotients_[i].divisor, values);
    const bool whole = divisor != 0 && !(divisor == -1 && numerator == INT64_MIN);
    values[symbol_count_ + i] = whole ? numerator / divisor : 0;
  }
  for (size_t i = 0; i < results_.size(); ++i)
    results[i] = value_of(results_[i], values);
}

} // namespace etch::runtime
