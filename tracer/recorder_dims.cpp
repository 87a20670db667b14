// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Open extents: expressions over the symbols of a recording, and what the callable may learn of their numbers.
#include "support/require.h"
#include "tracer/guards.h"
#include "tracer/interpret.h"
#include "tracer/recorder.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace etch::tracer {
namespace {

using detail::DimRelation;

/// Where it does not depend on the extents.
std::optional<bool> decide(DimRelation relation, const ops::Dim &a, const ops::Dim &b) try {
  // Apart, since the difference to a number may leave 64 bits.
  if (a.is_static() && a.value() < INT64_MAX && b.is_surely_at_least(a.value() + 1))
    return relation == DimRelation::less;
  if (relation == DimRelation::less && b.is_static() && a.is_surely_at_least(b.value()))
    return false;
  const ops::Dim above = b - a, below = a - b;
  if (above.is_static())
    return relation == DimRelation::equal ? above.value() == 0 : above.value() > 0;
  if (above.is_surely_at_least(1))
    return relation == DimRelation::less;
  if (below.is_surely_at_least(relation == DimRelation::equal ? 1 : 0))
    return false;
  return std::nullopt;
} catch (const Error &) { // beyond 64 bits
  return std::nullopt;
}

std::string relation_text(DimRelation relation, bool holds, const std::string &a, const std::string &b) {
  const char *sign = relation == DimRelation::equal ? (holds ? " = " : " != ") : (holds ? " < " : " >= ");
  return a + sign + b;
}

} // namespace

Recorder &Recording::recorder_here(Location location) const {
  std::lock_guard lock(mutex_);
  ETCH_REQUIRE(recorder_ != nullptr && thread_ == std::this_thread::get_id(), ErrorCode::tracing, location)
      << "dim: an open extent is out of scope: it belongs to the trace of function '" << name
      << (recorder_ ? "', which another thread is recording" : "', which has ended");
  return *recorder_;
}

int64_t Recording::settle(const runtime::SymbolicDim &dim) {
  return recorder_here(dim.location).settle(dim.dim, dim.location);
}

bool Recording::settle(DimRelation relation, const ops::Dim &a, const ops::Dim &b, Location location) {
  if (const auto known = decide(relation, a, b))
    return *known;
  return recorder_here(location).settle(relation, a, b, location);
}

void Recording::assume_at_least(const ops::Dim &larger, const ops::Dim &smaller, Location location) {
  recorder_here(location).assumptions().at_least(larger, smaller, location);
}

ops::Dim Recording::assume_quotient(const ops::Dim &numerator, const ops::Dim &divisor, Location location) {
  const auto quotient = recorder_here(location).assumptions().quotient(numerator, divisor, location);
  ETCH_CHECK(quotient.has_value()) << numerator.text() << " by " << divisor.text();
  return *quotient;
}

void Recording::raise_misplaced(const runtime::SymbolicDim &dim, const char *what, Location location) const {
  const std::string owner =
      is_running() ? "', which another thread or an outer function is recording" : "', which has ended";
  throw Error(ErrorCode::tracing,
              std::string(what) + ": an open extent is out of scope: it belongs to the trace of function '" + name +
                  owner + place(dim.location, "; a tensor was asked for it at "),
              location);
}

std::optional<int64_t> Recording::number_now(const runtime::SymbolicDim &dim) {
  Recorder *recorder = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (thread_ == std::this_thread::get_id())
      recorder = recorder_;
  }
  return recorder ? recorder->number_of(dim.dim) : std::nullopt;
}

ops::Dim Recorder::dim(const runtime::SymbolicDim &dim, const char *what, Location location) {
  if (dim.scope == recording_)
    return dim.dim;
  if (!outer_)
    dim.scope->raise_misplaced(dim, what, location);
  trace_.is_reusable = false;
  // Symbol by symbol, so that each is an extent here, too, and as such not negative.
  return outer_->dim(dim, what, location).substitute([&](const std::string &symbol) {
    const ops::Dim outer = ops::Dim::symbol(symbol);
    for (const TraceSymbol &known : trace_.symbols)
      if (known.outer == outer)
        return ops::Dim::symbol(known.name);
    const std::string name = "d" + std::to_string(trace_.symbols.size());
    trace_.symbols.push_back({name, -1, 0, -1, outer});
    return ops::Dim::symbol(name);
  });
}

ops::Dim Recorder::in_outer(const ops::Dim &dim) {
  runtime::Dispatcher &where = outer_ ? *outer_ : runtime::Dispatcher::eager();
  return actual_ ? SymbolValues(trace_, *actual_, where).evaluate(dim) : dim;
}

std::optional<int64_t> Recorder::number_of(const ops::Dim &dim) {
  const ops::Dim here = in_outer(dim);
  if (here.is_static())
    return here.value();
  return outer_ ? outer_->number_of(here) : std::nullopt;
}

bool Recorder::assumptions_hold() {
  return may_hold(trace_.assumptions, [this](const ops::Dim &dim) { return number_of(dim); }) &&
         (!outer_ || outer_->assumptions_hold());
}

void Recorder::require_assumptions_hold(const char *what, Location location) {
  if (assumptions_hold())
    return;
  has_open_error_ = true;
  throw Error(ErrorCode::shape,
              std::string(what) + ": the shapes of this call are not what its trace takes for granted", location);
}

bool Recorder::is_good_with_numbers(const runtime::OpCall &call, std::vector<ops::TensorType> types) try {
  bool is_open = false;
  const auto number = [&](const ops::Dim &dim) {
    is_open = is_open || !dim.is_static();
    const auto known = number_of(dim);
    return known ? ops::Dim(*known) : dim;
  };
  for (ops::TensorType &type : types)
    for (ops::Dim &dim : type.dims)
      dim = number(dim);
  const ops::Attrs attrs = with_dims(call.attrs, number);
  ops::InferContext numbers;
  if (is_open)
    ops::infer(call.op, types, attrs, numbers, call.location);
  return is_open;
} catch (const Error &) {
  return false;
}

bool Recorder::assume(const Trace &inner, const detail::FlatArguments &arguments) {
  const SymbolValues values(inner, arguments, *this);
  ops::InferContext &known = trace_.assumptions;
  for (const auto &equality : inner.assumptions.equalities())
    if (!known.equal(values.evaluate(equality.a), values.evaluate(equality.b), equality.location))
      return false;
  for (const auto &bound : inner.assumptions.bounds())
    if (!known.at_least(values.evaluate(bound.larger), values.evaluate(bound.smaller), bound.location))
      return false;
  for (const auto &quotient : inner.assumptions.quotients())
    if (!known.quotient(values.evaluate(quotient.numerator), values.evaluate(quotient.divisor), quotient.location))
      return false;
  return true;
}

bool Recorder::are_equal(const ops::Dim &a, const ops::Dim &b) {
  if (a == b || (a.is_static() && b.is_static()))
    return a == b;
  // Symbols are replaced by what they are taken to be equal to.
  std::map<std::string, ops::Dim> equals;
  const auto resolved = [&](ops::Dim dim) {
    for (size_t step = 0; step <= equals.size(); ++step)
      dim = dim.substitute([&](const std::string &symbol) {
        const auto known = equals.find(symbol);
        return known == equals.end() ? ops::Dim::symbol(symbol) : known->second;
      });
    return dim;
  };
  const auto learn = [&](const ops::Dim &x, const ops::Dim &y) {
    const ops::Dim one = resolved(x), other = resolved(y);
    std::vector<std::string> symbols;
    one.collect_symbols(symbols);
    const bool is_symbol = symbols.size() == 1 && one == ops::Dim::symbol(symbols[0]);
    std::vector<std::string> others;
    other.collect_symbols(others);
    if (one == other)
      return;
    if (is_symbol && std::ranges::find(others, symbols[0]) == others.end())
      equals.emplace(symbols[0], other);
    else if (others.size() == 1 && other == ops::Dim::symbol(others[0]) &&
             std::ranges::find(symbols, others[0]) == symbols.end())
      equals.emplace(others[0], one);
  };
  for (const auto &equality : trace_.assumptions.equalities())
    learn(equality.a, equality.b);
  for (const SettledExtent &settled : trace_.settled)
    if (settled.relation == detail::DimRelation::equal && settled.holds)
      learn(settled.a, settled.b);
  return resolved(a) == resolved(b);
}

void Recorder::refuse_to_settle(const std::string &question, const std::string &expression, Location location) {
  was_refused_ = true;
  throw Error(ErrorCode::tracing, "dim: " + question + " must be known while tracing, got " + expression, location,
              may_settle_ ? "there is no call to take it from; give the spec that extent"
                          : "ops take an open extent as it is; with Options::shapes a trace may depend on its number");
}

void Recorder::bind_inner_recordings() {
  auto *inner = dynamic_cast<Recorder *>(&runtime::Dispatcher::current().base());
  for (; inner && inner != this; inner = inner->outer_)
    inner->trace_.is_reusable = false;
}

void Recorder::take_for_granted(DimRelation relation, bool holds, const ops::Dim &a, const ops::Dim &b,
                                Location location) {
  SettledExtent settled{
      relation, holds, a, b, relation_text(relation, holds, extent_text(trace_, a), extent_text(trace_, b)), location};
  // A loop up to an extent asks about each number below it: of one expression's bounds the closest is enough.
  for (SettledExtent &known : trace_.settled) {
    if (known.relation != relation)
      continue;
    if (relation == DimRelation::equal ? known.a == a && known.b == b : (known.slack() - settled.slack()).is_static()) {
      if (relation == DimRelation::less && settled.slack().constant_term() < known.slack().constant_term())
        known = std::move(settled);
      return;
    }
  }
  trace_.settled.push_back(std::move(settled));
}

int64_t Recorder::settle(const ops::Dim &dim, Location location) {
  bind_inner_recordings();
  const ops::Dim actual = in_outer(dim);
  if (may_settle_ && !actual.is_static() && outer_) {
    trace_.is_reusable = false;
    return outer_->settle(actual, location);
  }
  if (!actual.is_static() || !may_settle_)
    refuse_to_settle("the number", extent_text(trace_, dim), location);
  take_for_granted(DimRelation::equal, true, dim, actual, location);
  return actual.value();
}

bool Recorder::settle(DimRelation relation, const ops::Dim &a, const ops::Dim &b, Location location) {
  if (const auto known = decide(relation, a, b))
    return *known;
  bind_inner_recordings();
  const ops::Dim x = in_outer(a), y = in_outer(b);
  const bool is_known = x.is_static() && y.is_static();
  if (may_settle_ && !is_known && outer_) {
    trace_.is_reusable = false;
    return outer_->settle(relation, x, y, location);
  }
  if (!is_known || !may_settle_)
    refuse_to_settle("the comparison", relation_text(relation, true, extent_text(trace_, a), extent_text(trace_, b)),
                     location);
  if (relation == DimRelation::equal && x.value() != y.value()) { // guards know order and equality only
    const bool is_less = x.value() < y.value();
    take_for_granted(DimRelation::less, true, is_less ? a : b, is_less ? b : a, location);
    return false;
  }
  const bool holds = compare(relation, x.value(), y.value());
  take_for_granted(relation, holds, a, b, location);
  return holds;
}

} // namespace etch::tracer
