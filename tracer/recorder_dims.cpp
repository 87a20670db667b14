// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Open extents: expressions over the symbols of a recording, and what the callable may learn of their numbers.
#include "support/require.h"
#include "tracer/interpret.h"
#include "tracer/recorder.h"

#include <algorithm>

namespace etch::tracer {
namespace {

using detail::DimRelation;

/// Whether it is at least `least` whatever the extents are, none of which is negative.
bool is_surely_at_least(const ops::Dim &dim, int64_t least) {
  const auto never_lowers = [](const auto &term) {
    return term.second >= 0 && std::ranges::none_of(term.first, [](const std::string &symbol) {
             return ops::parse_quotient(symbol).has_value();
           });
  };
  return std::ranges::all_of(dim.terms(), never_lowers) && dim.constant_term() >= least;
}

/// Where it does not depend on the extents.
std::optional<bool> decide(DimRelation relation, const ops::Dim &a, const ops::Dim &b) {
  const ops::Dim above = b - a, below = a - b;
  if (above.is_static())
    return relation == DimRelation::equal ? above.value() == 0 : above.value() > 0;
  if (is_surely_at_least(above, 1))
    return relation == DimRelation::less;
  if (is_surely_at_least(below, relation == DimRelation::equal ? 1 : 0))
    return false;
  return std::nullopt;
}

bool compare(DimRelation relation, int64_t a, int64_t b) { return relation == DimRelation::equal ? a == b : a < b; }

std::string relation_text(DimRelation relation, bool holds, const std::string &a, const std::string &b) {
  const char *sign = relation == DimRelation::equal ? (holds ? " = " : " != ") : (holds ? " < " : " >= ");
  return a + sign + b;
}

} // namespace

Recorder &Recording::recorder_here(Location location) const {
  std::lock_guard lock(mutex_);
  ETCH_REQUIRE(recorder_ != nullptr && thread_ == std::this_thread::get_id(), ErrorCode::tracing, location)
      << "dim: an open extent belongs to the trace of function '" << name
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
              std::string(what) + ": an open extent belongs to the trace of function '" + name + owner +
                  "; a tensor was asked for it at " + dim.location.file + ":" + std::to_string(dim.location.line),
              location);
}

ops::Dim Recorder::dim(const runtime::SymbolicDim &dim, const char *what, Location location) {
  if (dim.scope == recording_)
    return dim.dim;
  if (!outer_)
    dim.scope->raise_misplaced(dim, what, location);
  const ops::Dim outer = outer_->dim(dim, what, location);
  trace_.is_reusable = false;
  for (const TraceSymbol &symbol : trace_.symbols)
    if (symbol.outer == outer)
      return ops::Dim::symbol(symbol.name);
  const std::string name = "d" + std::to_string(trace_.symbols.size());
  trace_.symbols.push_back({name, -1, 0, -1, outer});
  return ops::Dim::symbol(name);
}

std::string Recorder::user_text(const ops::Dim &dim) const {
  const auto named = [&](const std::string &symbol) {
    for (const TraceSymbol &known : trace_.symbols)
      if (known.name == symbol && known.argument >= 0)
        return ops::Dim::symbol(user_path(trace_.argument_paths[static_cast<size_t>(known.argument)]) + ".dim(" +
                                std::to_string(known.axis) + ")");
    return ops::Dim::symbol(symbol);
  };
  return dim.substitute(named).text();
}

void Recorder::refuse_to_settle(const std::string &question, const std::string &expression, Location location) {
  was_refused_ = true;
  throw Error(ErrorCode::tracing, "dim: " + question + " must be known while tracing, got " + expression, location,
              "ops take an open extent as it is; with Options::shapes a trace may depend on its number");
}

void Recorder::bind_inner_recordings() {
  auto *inner = dynamic_cast<Recorder *>(&runtime::Dispatcher::current());
  for (; inner && inner != this; inner = inner->outer_)
    inner->trace_.is_reusable = false;
}

void Recorder::take_for_granted(DimRelation relation, bool holds, const ops::Dim &a, const ops::Dim &b,
                                Location location) {
  SettledExtent settled{relation, holds, a, b, relation_text(relation, holds, user_text(a), user_text(b)), location};
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
  const ops::Dim actual = actual_ ? SymbolValues(trace_, *actual_).evaluate(dim) : dim;
  if (!actual.is_static() && outer_) {
    trace_.is_reusable = false;
    return outer_->settle(actual, location);
  }
  if (!actual.is_static() || !may_settle_)
    refuse_to_settle("the number", user_text(dim), location);
  take_for_granted(DimRelation::equal, true, dim, actual, location);
  return actual.value();
}

bool Recorder::settle(DimRelation relation, const ops::Dim &a, const ops::Dim &b, Location location) {
  if (const auto known = decide(relation, a, b))
    return *known;
  bind_inner_recordings();
  const auto evaluated = [&](const ops::Dim &dim) {
    return actual_ ? SymbolValues(trace_, *actual_).evaluate(dim) : dim;
  };
  const ops::Dim x = evaluated(a), y = evaluated(b);
  const bool is_known = x.is_static() && y.is_static();
  if (!is_known && outer_) {
    trace_.is_reusable = false;
    return outer_->settle(relation, x, y, location);
  }
  if (!is_known || !may_settle_)
    refuse_to_settle("the comparison", relation_text(relation, true, user_text(a), user_text(b)), location);
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
