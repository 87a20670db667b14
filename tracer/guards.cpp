// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/guards.h"

#include "runtime/concrete_tensor.h"
#include "runtime/inline_vector.h"

#include <algorithm>

namespace etch::tracer {
namespace {

bool divides(int64_t divisor, int64_t numerator) { return divisor > 0 && numerator % divisor == 0; }

} // namespace

bool may_hold(const ops::InferContext &assumptions,
              const std::function<std::optional<int64_t>(const ops::Dim &)> &number_of) {
  const auto check = [&](const ops::Dim &a, const ops::Dim &b, auto holds) {
    const auto x = number_of(a), y = number_of(b);
    return !x || !y || holds(*x, *y);
  };
  const auto equal = [&](const auto &known) { return check(known.a, known.b, std::equal_to<int64_t>()); };
  const auto bound = [&](const auto &known) {
    return check(known.larger, known.smaller, std::greater_equal<int64_t>());
  };
  const auto exact = [&](const auto &known) { return check(known.divisor, known.numerator, divides); };
  return std::ranges::all_of(assumptions.equalities(), equal) && std::ranges::all_of(assumptions.bounds(), bound) &&
         std::ranges::all_of(assumptions.quotients(), exact);
}

Guards::Guards(const Trace &trace) {
  std::vector<std::string> names;
  for (const TraceSymbol &symbol : trace.symbols) {
    names.push_back(symbol.name);
    sources_.push_back({symbol.argument, symbol.axis});
  }
  std::vector<ops::Dim> dims;
  for (const auto &equality : trace.assumptions.equalities())
    add(Rule::equal, equality.a, equality.b, equality.location, dims);
  for (const auto &bound : trace.assumptions.bounds())
    add(Rule::at_least, bound.larger, bound.smaller, bound.location, dims);
  for (const auto &quotient : trace.assumptions.quotients())
    add(Rule::divisible, quotient.numerator, quotient.divisor, quotient.location, dims);
  for (const SettledExtent &settled : trace.settled)
    if (settled.relation == detail::DimRelation::equal)
      add(Rule::equal, settled.a, settled.b, settled.location, dims);
    else
      add(Rule::at_least, settled.slack(), 0, settled.location, dims);
  program_ = runtime::DimProgram(std::move(names), dims);
}

void Guards::add(Rule rule, const ops::Dim &a, const ops::Dim &b, Location location, std::vector<ops::Dim> &dims) {
  guards_.push_back({rule, location});
  dims.push_back(a);
  dims.push_back(b);
}

bool Guards::hold(std::span<const Tensor *const> arguments) const {
  if (guards_.empty())
    return true;
  runtime::InlineVector<int64_t, 16> values(program_.value_count());
  for (size_t i = 0; i < sources_.size(); ++i)
    values[i] = runtime::concrete(*arguments[static_cast<size_t>(sources_[i].argument)]).shape[sources_[i].axis];
  runtime::InlineVector<int64_t, 32> sides(program_.size());
  try {
    program_.evaluate(values.data(), sides.data());
  } catch (const Error &) { // an extent beyond 64 bits: the exact shapes have an error of their own for it
    return false;
  }
  for (size_t i = 0; i < guards_.size(); ++i) {
    const int64_t a = sides[2 * i], b = sides[2 * i + 1];
    const bool holds = guards_[i].rule == Rule::equal      ? a == b
                       : guards_[i].rule == Rule::at_least ? a >= b
                                                           : divides(b, a);
    if (!holds)
      return false;
  }
  return true;
}

} // namespace etch::tracer
