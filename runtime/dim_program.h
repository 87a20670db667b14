// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/dim.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace etch::runtime {

/// Dimension expressions in a form that is evaluated without look-ups or allocation.
class DimProgram {
public:
  DimProgram() = default;
  /// Throws InternalError for an expression over other symbols than these.
  DimProgram(std::vector<std::string> symbols, std::span<const ops::Dim> dims);

  size_t size() const { return results_.size(); }
  /// Length of the array of values: those of the symbols, in order, and room for intermediate ones.
  size_t value_count() const { return names_.size(); }
  /// Requires: the symbols' values at the start of `values`. Writes size() results. Throws Error (too_large) where one
  /// leaves 64 bits.
  void evaluate(int64_t *values, int64_t *results) const;

private:
  struct Polynomial {
    int64_t constant;
    int32_t first_term, term_count;
  };
  struct Term {
    int64_t coefficient;
    int32_t first_factor, factor_count;
  };
  struct Quotient {
    Polynomial numerator, divisor;
  };

  Polynomial compile(const ops::Dim &dim);
  int32_t index_of(const std::string &name);
  int64_t value_of(const Polynomial &polynomial, const int64_t *values) const;

  size_t symbol_count_ = 0;
  std::vector<std::string> names_; // of the symbols, then of the quotients
  std::vector<Quotient> quotients_;
  std::vector<Polynomial> results_;
  std::vector<Term> terms_;
  std::vector<int32_t> factors_;
};

} // namespace etch::runtime
