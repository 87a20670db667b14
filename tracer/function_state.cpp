// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/function_state.h"

#include "runtime/concrete_tensor.h"
#include "runtime/dispatcher.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"
#include "tracer/debug.h"
#include "tracer/differentiable.h"
#include "tracer/given_numbers.h"
#include "tracer/held_arguments.h"
#include "tracer/initial_values.h"
#include "tracer/interpret.h"
#include "tracer/late_reads.h"
#include "tracer/leaves.h"
#include "tracer/name_scope.h"
#include "tracer/purity.h"
#include "tracer/recording_stack.h"

#include <algorithm>
#include <chrono>
#include <iostream>

namespace etch::detail {
namespace {

using tracer::ShapePolicy;
using tracer::Trace;

void count(std::atomic<int64_t> &counter) { counter.fetch_add(1, std::memory_order_relaxed); }

Options with_name(Options options) {
  if (options.name.empty())
    options.name = "function";
  return options;
}

/// The types to record with: a symbol for each extent that is open.
std::vector<tracer::ArgumentSpec> argument_specs(const FlatArguments &arguments,
                                                 const std::function<bool(size_t, size_t)> &is_open,
                                                 const tracer::SignatureRule &rule, std::vector<std::string> paths,
                                                 std::vector<tracer::TraceSymbol> &symbols) {
  std::vector<tracer::ArgumentSpec> result;
  for (size_t i = 0; i < arguments.tensors.size(); ++i) {
    const Tensor &tensor = *arguments.tensors.data()[i];
    result.push_back({std::move(paths[i]), std::nullopt});
    if (!tensor.defined())
      continue;
    ops::TensorType type = runtime::type_of(tensor, "function", {});
    for (size_t axis = 0; axis < type.dims.size(); ++axis) {
      if (type.dims[axis].is_static() && !is_open(i, axis))
        continue;
      const std::string name = "a" + std::to_string(i) + "_" + std::to_string(axis);
      const ops::Dim &dim = type.dims[axis];
      symbols.push_back({name, static_cast<int>(i), static_cast<int>(axis), -1, std::nullopt,
                         dim.is_static() ? rule.bucket_text(dim.value()) : ""});
      type.dims[axis] = ops::Dim::symbol(name);
    }
    result.back().type = std::move(type);
  }
  return result;
}

/// With exact signatures they are what they are, else stand-ins.
std::vector<Variable> variables_to_record(const FlatArguments &arguments, ShapePolicy policy,
                                          tracer::Recorder &recorder) {
  if (policy == ShapePolicy::declared)
    return recorder.variable_arguments(arguments.variables.span());
  std::vector<Variable> variables;
  for (const Variable *variable : arguments.variables.span())
    variables.push_back(*variable);
  return variables;
}

int64_t strided_arguments(const FlatArguments &arguments) {
  int64_t count = 0;
  for (const Tensor *tensor : arguments.tensors.span())
    if (tensor->defined()) {
      const runtime::ConcreteNode &node = runtime::concrete(*tensor);
      count += !node.is_contiguous && !node.contiguous_copy.load(std::memory_order_relaxed);
    }
  return count;
}

/// The tracer's own complaint, which eager code would not have raised.
bool is_tracing_error(const Error &error) { return error.code() == ErrorCode::tracing; }

void log_trace(const Trace &trace) {
  if (tracer::debugs("trace"))
    std::cerr << "etch: traced " + tracer::short_text(trace) + ", " + std::to_string(trace.ops.size()) + " ops\n";
}

} // namespace

FunctionState::FunctionState(std::shared_ptr<void> callable, Options options, Location made_at)
    : callable_(std::move(callable)), options_(with_name(std::move(options))),
      shared_name_(std::make_shared<const std::string>(options_.name)), made_at_(made_at), rule_(options_),
      has_open_extents_(rule_.opens_extents()), cache_({options_.cache_entries, options_.cache_bytes}) {}

std::vector<Leaf> FunctionState::leaves(const FlatArguments &arguments) const {
  LeafList list{arguments.tokens.data()};
  arguments.type->list(list, tracer::parameter_names(options_, arguments.type->parameter_count));
  return std::move(list.leaves);
}

std::vector<std::string> FunctionState::paths(const FlatArguments &arguments) const {
  std::vector<std::string> paths;
  for (Leaf &leaf : leaves(arguments))
    if (leaf.kind == Leaf::Kind::tensor)
      paths.push_back(std::move(leaf.path));
  return paths;
}

void FunctionState::check_declared(const FlatArguments &arguments, Location location) const {
  const std::vector<TensorSpec> &specs = options_.input_signature;
  if (tracer::fits_declared(arguments, specs)) [[likely]]
    return;
  adopt_declared(arguments, location);
  if (!tracer::fits_declared(arguments, specs))
    tracer::raise_misfit(options_.name, arguments, specs, paths(arguments), location);
}

void FunctionState::adopt_declared(const FlatArguments &arguments, Location location) const {
  const std::vector<TensorSpec> &specs = options_.input_signature;
  const auto declared = [&](size_t i) { return i < specs.size() ? std::optional(specs[i].dtype) : std::nullopt; };
  tracer::adopt_dtypes(arguments, declared, location);
}

bool FunctionState::has_symbolic(const FlatArguments &arguments, Location location) const {
  bool found = false;
  for (const Tensor *tensor : arguments.tensors.span())
    found |= tensor->defined() && tensor->node()->symbolic;
  if (found) [[unlikely]]
    check_not_donated(arguments, location);
  return found;
}

void FunctionState::raise_symbolic(const FlatArguments &arguments, Location location) const {
  for (const Tensor *tensor : arguments.tensors.span())
    if (tensor->is_symbolic())
      runtime::symbolic(*tensor).raise_misplaced(options_.name, location);
  __builtin_unreachable();
}

bool FunctionState::call(const FlatArguments &arguments, FlatResults &results, Location location) {
  const bool is_symbolic = has_symbolic(arguments, location);
  check_arguments(arguments, location);
  if (options_.run_eagerly || functions_run_eagerly()) [[unlikely]]
    return false;
  if (runtime::Dispatcher::current().is_recording()) [[unlikely]]
    return call_nested(arguments, results, location);
  if (is_symbolic) [[unlikely]]
    raise_symbolic(arguments, location);
  tracer::SignatureWords words;
  append_signature(arguments, rule_, ShapePolicy::declared, words);
  if (const auto known = cache_.find(words.span()); known && (*known).covers(arguments)) [[likely]] {
    known.count_hit();
    run(*known, arguments, results, location);
    return true;
  }
  call_first(arguments, results, location);
  return true;
}

void FunctionState::call_first(const FlatArguments &arguments, FlatResults &results, Location location) {
  if (const auto own = find_own(arguments)) {
    own->count_hit();
    return run(**own, arguments, results, location);
  }
  const tracer::LateReads late;
  tracer::HeldArguments held(arguments);
  const auto function = first_function(held.flat(), PrefixEffects::always, location);
  run(*function, held.after_tracing(), results, location);
}

std::shared_ptr<tracer::ConcreteFunction> FunctionState::trace(const FlatArguments &arguments, Location location) {
  ETCH_REQUIRE(!runtime::Dispatcher::current().is_recording(), ErrorCode::tracing, location)
      << options_.name << ": trace must not be called while a function is being traced";
  check_not_donated(arguments, location);
  check_arguments(arguments, location);
  for (const Tensor *tensor : arguments.tensors.span())
    if (tensor->is_symbolic() && !tracer::is_spec(*tensor))
      runtime::symbolic(*tensor).raise_misplaced(options_.name, location);
  const tracer::LateReads late; // of functions inside
  const auto own = find_own(arguments);
  std::shared_ptr<tracer::ConcreteFunction> function =
      own ? own->function() : first_function(arguments, PrefixEffects::never, location).function();
  const bool has_specs =
      std::ranges::any_of(arguments.tensors.span(), [](const Tensor *x) { return tracer::is_spec(*x); });
  if (!has_specs && !function->admits(arguments)) // what the call would run
    function = other_function(*function, arguments, PrefixEffects::never, location).function();
  return function;
}

void FunctionState::run(const tracer::ConcreteFunction &function, const FlatArguments &arguments, FlatResults &results,
                        Location location) {
  const bool is_reusable = function.is_reusable();
  if (!is_reusable && function.admits(arguments)) [[unlikely]] // made for this call alone, not worth machine code
    return function.interpret(arguments, results);
  if (!is_reusable || !function.admits(arguments)) [[unlikely]] {
    count(shape_fallbacks_);
    return run_other(function, arguments, results, location);
  }
  if (runtime::Dispatcher::current().is_tape()) [[unlikely]]
    return tracer::call_under_tapes(function, arguments, results, calls_, location);
  if (const int64_t strided = strided_arguments(arguments)) [[unlikely]]
    copied_views_.fetch_add(strided, std::memory_order_relaxed);
  function.run(arguments, results, calls_, location);
}

void FunctionState::run_other(const tracer::ConcreteFunction &first, const FlatArguments &arguments,
                              FlatResults &results, Location location) {
  uint64_t variants = 0;
  if (const auto known = find_other(first, arguments, variants)) // which runs no code of the user's before it reads
    return run(**known, arguments, results, location);
  const tracer::LateReads late;
  tracer::HeldArguments held(arguments);
  const auto other = other_function(first, held.flat(), PrefixEffects::always, location);
  run(*other, held.after_tracing(), results, location);
}

tracer::FunctionCache::Held FunctionState::first_function(const FlatArguments &arguments, PrefixEffects effects,
                                                          Location location) {
  if (effects != PrefixEffects::never) // not by trace(), which is no call
    count(misses_);
  if (!has_open_extents_)
    return find_or_trace(arguments, ShapePolicy::declared, effects, location);
  if (may_open(arguments)) {
    try {
      return find_or_trace(arguments, ShapePolicy::declared, effects, location);
    } catch (const tracer::OpenExtentError &error) {
      // Extents that the caller has declared open may not be asked for, and there may be none to know instead.
      if (options_.shapes == Shapes::exact && (is_tracing_error(error) || effects == PrefixEffects::never))
        throw;
    }
  }
  // The shapes of this call do not fit, or do not fit all others: with known extents the error has eager's words.
  auto exact = find_or_trace(arguments, ShapePolicy::exact, effects, location);
  never_open(arguments); // since knowing the extents has helped
  return exact;
}

std::optional<tracer::FunctionCache::Held> FunctionState::find_own(const FlatArguments &arguments) {
  if (!has_open_extents_)
    return std::nullopt;
  tracer::SignatureWords words;
  append_signature(arguments, rule_, ShapePolicy::exact, words);
  auto known = cache_.find(words.span());
  return known ? std::optional(std::move(known)) : std::nullopt;
}

std::optional<tracer::FunctionCache::Held> FunctionState::find_variant(const FlatArguments &arguments,
                                                                       uint64_t &variants) {
  tracer::SignatureWords words;
  append_signature(arguments, rule_, ShapePolicy::declared, words);
  const size_t last = words.size();
  words.push(0);
  for (variants = 0; variants < kMostVariants; ++variants) {
    words.data()[last] = variants + 1;
    auto known = cache_.find(words.span());
    if (!known)
      break;
    if ((*known).covers(arguments) && (*known).admits(arguments))
      return known;
  }
  return std::nullopt;
}

std::optional<tracer::FunctionCache::Held>
FunctionState::find_other(const tracer::ConcreteFunction &first, const FlatArguments &arguments, uint64_t &variants) {
  if (auto own = find_own(arguments))
    return own;
  return first.trace().settled.empty() ? std::nullopt : find_variant(arguments, variants);
}

tracer::FunctionCache::Held FunctionState::other_function(const tracer::ConcreteFunction &first,
                                                          const FlatArguments &arguments, PrefixEffects effects,
                                                          Location location) {
  uint64_t variants = 0;
  if (auto known = find_other(first, arguments, variants))
    return std::move(*known);
  if (!first.trace().settled.empty() && variants < kMostVariants && may_open(arguments)) {
    try {
      auto made = find_or_trace(arguments, ShapePolicy::declared, effects, location, variants + 1);
      if ((*made).is_reusable() && (*made).admits(arguments))
        return made;
    } catch (const tracer::OpenExtentError &) { // the error of the shapes of this call is the one to see
    }
  }
  return find_or_trace(arguments, ShapePolicy::exact, effects, location);
}

void FunctionState::require_created_once(const tracer::Recorder &recorder, std::span<const uint64_t> signature) {
  if (!recorder.created_variables())
    return;
  recorder.check_variables_kept();
  std::lock_guard lock(state_mutex_);
  const bool is_new = created_variables_.emplace(std::vector(signature.begin(), signature.end()), false).second;
  ETCH_REQUIRE(is_new, ErrorCode::tracing, Location())
      << options_.name << ": Variables must be created once, got " << recorder.created_text()
      << " in a second recording of one signature"
      << help("keep it outside the callable, or ask for it with Function::local_variable");
  count(creating_traces_);
}

Variable FunctionState::local_variable(const std::string &name, const std::function<Tensor()> &initial_value,
                                       bool trainable, Location location) {
  {
    std::lock_guard lock(state_mutex_);
    if (const auto known = local_variables_.find(name); known != local_variables_.end())
      return known->second;
  }
  ETCH_REQUIRE(initial_value != nullptr, ErrorCode::invalid_argument, location)
      << options_.name << ": the function that makes the initial value of variable '" << name << "' is empty";
  // Not under the lock, since it may ask for other Variables. Where two threads come here, the first one's stays. It is
  // no part of a trace.
  const Tensor value = tracer::initial_value(initial_value, name, location);
  const runtime::DispatcherScope eagerly(runtime::Dispatcher::eager());
  const Variable made(value, name, trainable, location);
  std::lock_guard lock(state_mutex_);
  return local_variables_.emplace(name, made).first->second;
}

bool FunctionState::may_open(const FlatArguments &arguments) {
  tracer::SignatureWords words;
  append_signature(arguments, rule_, ShapePolicy::declared, words);
  std::lock_guard lock(state_mutex_);
  return !never_open_.contains({words.span().begin(), words.span().end()});
}

void FunctionState::never_open(const FlatArguments &arguments) {
  if (options_.shapes == Shapes::exact) // the input signature may fit the next call
    return;
  tracer::SignatureWords words;
  append_signature(arguments, rule_, ShapePolicy::declared, words);
  constexpr size_t kMost = 1024; // forgetting one costs another try
  std::lock_guard lock(state_mutex_);
  if (never_open_.size() >= kMost)
    never_open_.clear();
  never_open_.emplace(words.span().begin(), words.span().end());
}

tracer::FunctionCache::Held FunctionState::find_or_trace(const FlatArguments &arguments, ShapePolicy policy,
                                                         PrefixEffects effects, Location location, uint64_t variant) {
  tracer::SignatureWords words;
  append_signature(arguments, rule_, policy, words);
  const size_t size = words.size();
  if (variant > 0)
    words.push(variant);
  if (auto known = cache_.find(words.span()); known && (*known).covers(arguments))
    return known;
  std::optional<FailedRecording> failed;
  {
    const bool is_nested = tracer::RecordingInProgress::any();
    const tracer::RecordingInProgress in_progress(options_.name, location);
    const auto make = [&] {
      require_tracing_allowed(arguments, location);
      log_retrace(arguments, location);
      if (effects != PrefixEffects::never && !is_nested)
        watch_retraces(arguments);
      return record(arguments, policy, words.span().first(size), effects, location);
    };
    const auto covers = [&](const tracer::ConcreteFunction &function) { return function.covers(arguments); };
    try {
      return cache_.find_or_make(words.span(), make, covers, !is_nested);
    } catch (FailedRecording &recording) {
      failed = std::move(recording);
    }
  }
  // Only now, when nobody waits for this signature any more: a callback may wait for other threads.
  fail(*failed, arguments, location);
}

void FunctionState::fail(const FailedRecording &failed, const FlatArguments &arguments, Location location) const {
  // Inside an outer trace the effects become part of that, shape rules and all.
  const bool is_nested = runtime::Dispatcher::current().is_recording();
  if (!is_nested && !tracer::Guards(*failed.trace).hold(arguments.tensors.span()))
    throw tracer::OpenExtentError(
        Error(ErrorCode::shape, options_.name + ": the shapes of this call are not what its trace takes for granted",
              location));
  tracer::interpret(*failed.trace, arguments, runtime::Dispatcher::current());
  std::rethrow_exception(failed.error);
}

std::function<bool(size_t, size_t)> FunctionState::open_extents(const FlatArguments &arguments, ShapePolicy policy,
                                                                std::span<const uint64_t> signature) {
  if (policy == ShapePolicy::exact)
    return [](size_t, size_t) { return false; };
  if (!rule_.relaxes())
    return [this](size_t tensor, size_t axis) { return rule_.is_open(tensor, axis); };
  const auto known = cache_.find(signature);
  if (!known)
    return [](size_t, size_t) { return false; };
  return [function = known.function(), &arguments](size_t tensor, size_t axis) {
    return !function->knows_extent(tensor, axis, *arguments.tensors.data()[tensor]);
  };
}

Trace FunctionState::record_trace(const FlatArguments &arguments, ShapePolicy policy,
                                  std::span<const uint64_t> signature, PrefixEffects effects, Location location) {
  std::vector<tracer::TraceSymbol> symbols;
  const auto types =
      argument_specs(arguments, open_extents(arguments, policy, signature), rule_, paths(arguments), symbols);
  const tracer::FreshNameScope name_scope;
  const tracer::CallFrameScope own_ops(nullptr);
  tracer::Recorder recorder(options_.name, types, std::move(symbols), location);
  recorder.set_actual(arguments, options_.shapes != Shapes::exact || options_.input_signature.empty());
  FlatValues results;
  try {
    std::vector<Tensor> tensors = recorder.arguments();
    std::vector<Variable> variables = variables_to_record(arguments, policy, recorder);
    const runtime::DispatcherScope scope(recorder);
    results = invoke(tensors, variables, arguments, location);
    tensors.clear();
    variables.clear();
    recorder.check_no_extent_asked();
    recorder.check_no_leaks(results);
    require_created_once(recorder, signature);
  } catch (const Error &error) {
    if (recorder.may_be_of_open_extents(error))
      throw tracer::OpenExtentError(error);
    // Run eagerly, the callable would have made its effects up to here, or failed at an earlier check. Inside another
    // trace they become part of that.
    if (effects == PrefixEffects::always && !is_tracing_error(error))
      throw FailedRecording{std::make_shared<Trace>(recorder.trace()), std::current_exception()};
    throw;
  } catch (...) {
    recorder.check_no_extent_asked();
    if (effects != PrefixEffects::never)
      throw FailedRecording{std::make_shared<Trace>(recorder.trace()), std::current_exception()};
    throw;
  }
  return recorder.finish(results);
}

std::shared_ptr<tracer::ConcreteFunction> FunctionState::record(const FlatArguments &arguments, ShapePolicy policy,
                                                                std::span<const uint64_t> signature,
                                                                PrefixEffects effects, Location location) {
  const auto start = std::chrono::steady_clock::now();
  Trace trace = record_trace(arguments, policy, signature, effects, location);
  if (options_.purity == Purity::check && trace.is_reusable) {
    const tracer::PurityScope functions_inside_too;
    tracer::require_same(trace, record_trace(arguments, policy, signature, PrefixEffects::never, location));
  }
  if (policy == ShapePolicy::exact) // the signature names Variables by address, which no other may take meanwhile
    for (const Variable *variable : arguments.variables.span())
      trace.kept.push_back(variable->state());
  trace.leaves = leaves(arguments);
  trace.argument_variables = tracer::argument_variables(arguments.variables.span());
  if (trace.is_reusable) {
    std::lock_guard lock(state_mutex_);
    if (const auto created = created_variables_.find({signature.begin(), signature.end()});
        created != created_variables_.end())
      created->second = true;
  }
  count(traces_);
  trace_ns_.fetch_add((std::chrono::steady_clock::now() - start) / std::chrono::nanoseconds(1),
                      std::memory_order_relaxed);
  log_trace(trace);
  return std::make_shared<tracer::ConcreteFunction>(std::move(trace),
                                                    std::vector<uint64_t>(signature.begin(), signature.end()),
                                                    rule_.relaxes() && policy == ShapePolicy::declared);
}

FunctionStats FunctionState::stats() const {
  FunctionStats stats;
  stats.traces = traces_.load(std::memory_order_relaxed);
  stats.misses = misses_.load(std::memory_order_relaxed);
  stats.shape_fallbacks = shape_fallbacks_.load(std::memory_order_relaxed);
  stats.replays = calls_.replays.load(std::memory_order_relaxed);
  stats.reused_arguments = calls_.reused_arguments.load(std::memory_order_relaxed);
  stats.variables_in_place = calls_.variables_in_place.load(std::memory_order_relaxed);
  stats.copied_views = copied_views_.load(std::memory_order_relaxed);
  stats.trace_ms = static_cast<double>(trace_ns_.load(std::memory_order_relaxed)) * 1e-6;
  const tracer::FunctionCache::Stats cache = cache_.stats();
  stats.hits = cache.hits;
  stats.evictions = cache.evictions;
  stats.shared_code = cache.shared_code;
  stats.compile_ms = cache.compile_ms;
  stats.kernels = cache.kernels;
  stats.fused_ops = cache.fused_ops;
  stats.gradients = cache.gradients;
  stats.code_bytes = cache.live_code_bytes;
  return stats;
}

std::vector<std::string> FunctionState::signatures() const {
  std::vector<std::string> signatures;
  for (const auto &function : cache_.all())
    signatures.push_back(tracer::short_text(function->trace()));
  return signatures;
}

} // namespace etch::detail
