// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a Function says of its traces.
#include "runtime/dispatcher.h"
#include "support/require.h"
#include "tracer/debug.h"
#include "tracer/function_state.h"
#include "tracer/verify.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace etch::detail {

using tracer::Trace;

std::vector<tracer::KnownSignature> FunctionState::known_signatures() const {
  std::vector<tracer::KnownSignature> known;
  for (const auto &function : cache_.all())
    known.push_back({tracer::signature_of(function->trace()), short_text(function->trace())});
  return known;
}

std::string FunctionState::explain(const FlatArguments &arguments) {
  check_not_donated(arguments, {});
  const std::string name = options_.name + ": ";
  try {
    return name + "the call " + fate(arguments) + "\n";
  } catch (const Error &error) {
    const std::string &summary = error.summary();
    return name + "the call fails: " + (summary.starts_with(name) ? summary.substr(name.size()) : summary) +
           (error.help().empty() ? "" : "\n  help: " + error.help()) + "\n";
  }
}

std::string FunctionState::fate(const FlatArguments &arguments) {
  const bool is_nested = runtime::Dispatcher::current().is_recording();
  const bool is_symbolic = has_symbolic(arguments, {});
  check_arguments(arguments, {});
  if (const char *asks = options_.run_eagerly ? "Options::run_eagerly is set" : reason_to_run_eagerly())
    return std::string("runs eagerly: ") + asks;
  if (is_symbolic && !is_nested)
    raise_symbolic(arguments, {});
  tracer::SignatureWords words;
  append_signature(arguments, rule_, tracer::ShapePolicy::declared, words);
  const auto runs = [](const tracer::ConcreteFunction &function) {
    return "runs the machine code of\n  " + short_text(function.trace());
  };
  const auto known = cache_.find(words.span());
  const bool is_known = known && (*known).covers(arguments);
  if (is_known && is_nested)
    return "becomes part of the trace around it, as\n  " + short_text((*known).trace());
  if (is_known && (*known).admits(arguments))
    return runs(*known);
  uint64_t variants = 0;
  if (!is_nested)
    if (const auto other = is_known ? find_other(*known, arguments, variants) : find_own(arguments))
      return runs(**other);
  if (const auto kept = cache_.kept_elsewhere(words.span()); kept && kept->covers(arguments))
    return runs(*kept);
  require_tracing_allowed(arguments, {});
  return "is traced, because " + reason_to_trace(arguments);
}

bool FunctionState::has_only_created(const FlatArguments &arguments) {
  const auto is_so = [&](tracer::ShapePolicy policy) {
    tracer::SignatureWords words;
    append_signature(arguments, rule_, policy, words);
    std::lock_guard lock(state_mutex_);
    const auto created = created_variables_.find({words.span().begin(), words.span().end()});
    return created != created_variables_.end() && !created->second;
  };
  return is_so(tracer::ShapePolicy::declared) || is_so(tracer::ShapePolicy::exact);
}

std::optional<std::string> FunctionState::reason_it_is_gone(const FlatArguments &arguments) const {
  for (const tracer::ShapePolicy policy : {tracer::ShapePolicy::declared, tracer::ShapePolicy::exact}) {
    tracer::SignatureWords words;
    append_signature(arguments, rule_, policy, words);
    const auto gone = cache_.gone(words.span());
    if (gone == tracer::FunctionCache::Gone::cleared)
      return "clear_cache() has dropped the trace of this signature";
    if (gone)
      return "the trace of this signature was evicted, with Options::cache_entries = " +
             std::to_string(cache_.limits().entries) +
             " and cache_bytes = " + std::to_string(cache_.limits().code_bytes) +
             "\n  help: raise these limits, or leave open what varies";
  }
  return std::nullopt;
}

std::string FunctionState::reason_to_trace(const FlatArguments &arguments) {
  tracer::SignatureWords words;
  append_signature(arguments, rule_, tracer::ShapePolicy::declared, words);
  if (const auto known = cache_.find(words.span()); known && (*known).covers(arguments))
    return "its shapes are not what\n  " + short_text((*known).trace()) + "\n  takes for granted";
  if (has_only_created(arguments))
    return "the first trace of this signature made Variables and served its call alone";
  if (const auto gone = reason_it_is_gone(arguments))
    return *gone;
  const std::vector<tracer::KnownSignature> signatures = known_signatures();
  if (signatures.empty())
    return traces_.load(std::memory_order_relaxed) == 0 ? "it has not been traced before"
                                                        : "none of its traces is kept any more";
  return tracer::explain_trace(signatures, tracer::signature_of(leaves(arguments), arguments), extents());
}

std::string FunctionState::verify(const FlatArguments &arguments, Location location) {
  const std::shared_ptr<tracer::ConcreteFunction> function = trace(arguments, location);
  const Trace &trace = function->trace();
  const tracer::SavedVariables before(trace, arguments);
  FlatResults compiled;
  const bool passes = function->run_silently(arguments, compiled); // else the eager run throws
  const tracer::SavedVariables after(trace, arguments);
  before.restore();

  tracer::OpLog log;
  FlatValues eager;
  {
    const RunFunctionsEagerly eagerly; // those inside, too
    const runtime::DispatcherScope scope(log);
    eager = run_callable(arguments);
  }
  if (!passes)
    return options_.name + ": a check fails in compiled code alone\n";
  std::string difference;
  if (eager.tensors.size() != compiled.tensors.size() || !std::ranges::equal(eager.tokens, compiled.tokens.span()))
    difference = "the results have other C++ values or sizes";
  for (size_t i = 0; i < eager.tensors.size() && difference.empty(); ++i)
    if (difference = tracer::difference(eager.tensors[i], compiled.tensors.data()[i]); !difference.empty())
      difference = "result " + std::to_string(i) + ", " + difference;
  if (difference.empty())
    difference = after.difference_from_now();
  if (difference.empty())
    return "";
  const tracer::SavedVariables eagerly_after(trace, arguments);
  const std::string first = tracer::first_difference(trace, log, arguments, before);
  eagerly_after.restore();
  return options_.name + ": " + (first.empty() ? "" : first + "\n  hence ") + difference + "\n";
}

void FunctionState::limit_traces(int64_t most, Location location) {
  ETCH_REQUIRE(most >= 0, ErrorCode::invalid_argument, location)
      << options_.name << ": max_traces must be at least 0, got " << most;
  most_traces_.store(most, std::memory_order_relaxed);
}

void FunctionState::require_tracing_allowed(const FlatArguments &arguments, Location location) {
  const bool is_frozen = is_frozen_.load(std::memory_order_relaxed);
  const int64_t traces =
      traces_.load(std::memory_order_relaxed) - creating_traces_.load(std::memory_order_relaxed); // the first of two
  const int64_t most_traces = most_traces_.load(std::memory_order_relaxed);
  const bool is_full = most_traces > 0 && traces >= most_traces;
  if (!is_frozen && !is_full && !tracing_is_forbidden()) [[likely]]
    return;
  const std::string why = is_frozen ? "the function is frozen"
                          : is_full ? "max_traces allows " + std::to_string(most_traces)
                                    : "NoTracing forbids it";
  const std::string text = options_.name + ": must not be traced, since " + why + "; " + reason_to_trace(arguments);
  const std::string help = "\n  help: ";
  const size_t end = text.find(help);
  throw Error(ErrorCode::tracing, text.substr(0, end), location,
              end == std::string::npos ? "" : text.substr(end + help.size()));
}

void FunctionState::log_retrace(const FlatArguments &arguments, Location location) {
  if (!tracer::debugs("retrace"))
    return;
  std::ostringstream text;
  text << "etch: " << options_.name << place(location) << " is traced, because " << reason_to_trace(arguments) << "\n";
  if (const FunctionStats so_far = stats(); so_far.traces > 0)
    text << "  its " << so_far.traces << (so_far.traces == 1 ? " trace has" : " traces have") << " taken " << std::fixed
         << std::setprecision(1) << so_far.trace_ms + so_far.compile_ms << " ms so far\n";
  std::cerr << text.str();
}

void FunctionState::watch_retraces(const FlatArguments &arguments) {
  const int64_t call = cache_.stats().hits + misses_.load(std::memory_order_relaxed);
  auto now = tracer::signature_of(leaves(arguments), arguments);
  if (const auto warning = retraces_.traced(options_.name, call, std::move(now), extents()))
    tracer::warn(*warning);
}

FunctionState::~FunctionState() {
  if (traces_.load(std::memory_order_relaxed) == 0 || cache_.stats().hits > 0)
    return;
  try {
    if (const auto warning = tracer::wrapper_ended(options_.name, made_at_))
      tracer::warn(*warning);
  } catch (const std::exception &) { // nothing may leave a destructor, a warning not given least of all
  }
}

} // namespace etch::detail
