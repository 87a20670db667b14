// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of a Function inside another's trace, and of concrete functions.
#include "runtime/dispatcher.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"
#include "tracer/function_state.h"
#include "tracer/given_numbers.h"
#include "tracer/held_arguments.h"
#include "tracer/leaves.h"
#include "tracer/purity.h"
#include "tracer/recording_stack.h"

#include <algorithm>

namespace etch::detail {

using tracer::ShapePolicy;
using tracer::Trace;

bool FunctionState::inline_trace(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                                 FlatResults &results, Location location) const {
  // Where the outer trace does not know what this one depends on, the callable may ask for it there.
  if (!function.keeps_variables_apart(arguments) || function.contradicts(arguments) || !function.settles(arguments))
    return false;
  auto *recorder = dynamic_cast<tracer::Recorder *>(&runtime::Dispatcher::current().base());
  if (recorder && !recorder->assume(function.trace(), arguments))
    return false;
  record_call(function, arguments, results, location);
  return true;
}

void FunctionState::assume_declared_extents(const FlatArguments &arguments, Location location) const {
  auto *recorder = dynamic_cast<tracer::Recorder *>(&runtime::Dispatcher::current().base());
  for (size_t i = 0; recorder && i < rule_.specs().size(); ++i) {
    const ops::TensorType type = recorder->type_of(*arguments.tensors.data()[i], options_.name.c_str(), location);
    for (size_t axis = 0; axis < type.dims.size(); ++axis) {
      const int64_t declared = rule_.specs()[i].dims[axis];
      if (declared != dyn && !type.dims[axis].is_static())
        recorder->assumptions().equal(type.dims[axis], declared, location);
    }
  }
}

FlatValues FunctionState::run_callable(const FlatArguments &arguments) const {
  std::vector<Tensor> tensors;
  for (const Tensor *tensor : arguments.tensors.span())
    tensors.push_back(*tensor);
  std::vector<Variable> variables;
  for (const Variable *variable : arguments.variables.span())
    variables.push_back(*variable);
  return invoke(tensors, variables, arguments, {});
}

FlatValues FunctionState::invoke(std::vector<Tensor> &tensors, const std::vector<Variable> &variables,
                                 const FlatArguments &arguments, Location location) const {
  StructureReader reader{tensors.data(), variables.data(), arguments.tokens.data()};
  FlatValues results;
  const tracer::CallableScope callable;
  SharedArguments shared;
  arguments.type->invoke(callable_.get(), reader, results, shared);
  require_unchanged(*arguments.type, shared, location);
  return results;
}

void FunctionState::require_unchanged(const CallableType &type, const SharedArguments &shared,
                                      Location location) const {
  const auto &[before, after] = shared;
  const auto same_node = [](const Tensor &a, const Tensor &b) { return a.node() == b.node(); };
  const auto same_state = [](const Variable &a, const Variable &b) { return a.state() == b.state(); };
  if (before.tokens == after.tokens && std::ranges::equal(before.tensors, after.tensors, same_node) &&
      std::ranges::equal(before.variables, after.variables, same_state)) [[likely]]
    return;
  const auto leaves_of = [&](const FlatValues &values) {
    LeafList list{values.tokens.data()};
    type.list_shared(list, tracer::parameter_names(options_, type.parameter_count));
    return std::move(list.leaves);
  };
  const std::vector<Leaf> was = leaves_of(before), is = leaves_of(after);
  size_t tensor = 0, variable = 0;
  for (size_t i = 0; i < was.size() && i < is.size(); ++i) { // sizes come before elements
    bool same = was[i].path == is[i].path && tracer::is_same(was[i], is[i]);
    if (same && was[i].kind == Leaf::Kind::tensor)
      same = same_node(before.tensors[tensor], after.tensors[tensor]), ++tensor;
    if (same && was[i].kind == Leaf::Kind::variable)
      same = same_state(before.variables[variable], after.variables[variable]), ++variable;
    ETCH_REQUIRE(same, ErrorCode::tracing, location)
        << options_.name << ": " << was[i].path << " must not be changed while the callable is traced, got "
        << (was[i].path != is[i].path           ? is[i].path
            : was[i].kind == Leaf::Kind::tensor ? "another tensor"
            : was[i].kind == Leaf::Kind::variable
                ? "another Variable"
                : tracer::distinct_text(is[i], was[i]) + " for " + tracer::distinct_text(was[i], is[i]))
        << help("take the parameter by value, whose changes are the callable's own, or return what is new");
  }
  throw InternalError("arguments that differ do so in a leaf");
}

bool FunctionState::call_nested(const FlatArguments &arguments, FlatResults &results, Location location) {
  const tracer::CallFrameScope frame(tracer::call_frame(options_.name, location));
  assume_declared_extents(arguments, location);
  tracer::SignatureWords words;
  append_signature(arguments, rule_, ShapePolicy::declared, words);
  if (const auto known = cache_.find(words.span()); known && (*known).covers(arguments)) {
    known.count_hit();
    require_pure(*known, arguments, words.span(), location);
    return inline_trace(*known, arguments, results, location);
  }
  misses_.fetch_add(1, std::memory_order_relaxed);
  const bool is_open = has_open_extents_ || std::ranges::find(words.span(), tracer::kOpenExtent) != words.span().end();
  tracer::HeldArguments held(arguments);
  std::shared_ptr<tracer::ConcreteFunction> function;
  try {
    function = find_or_trace(held.flat(), ShapePolicy::declared, PrefixEffects::always, location).function();
  } catch (const tracer::OpenExtentError &error) {
    if (!is_open || (error.code() == ErrorCode::tracing && options_.shapes == Shapes::exact))
      throw;
    // What a trace for all extents does not allow may be right for those that the outer trace knows more of.
    return false;
  }
  return inline_trace(*function, held.after_tracing(), results, location);
}

void FunctionState::require_pure(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                                 std::span<const uint64_t> signature, Location location) {
  // Relaxed extents are open by what has been called since.
  if (rule_.relaxes() || !tracer::PurityScope::is_to_compare(this, signature))
    return;
  const tracer::RecordingInProgress in_progress(options_.name, location); // it may call itself
  tracer::require_same(function.trace(),
                       record_trace(arguments, ShapePolicy::declared, signature, PrefixEffects::never, location));
}

void FunctionState::record_call(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                                FlatResults &results, Location location) const {
  if (options_.no_inline || static_cast<int64_t>(function.trace().ops.size()) > options_.inline_limit)
    function.record_call(arguments, results, location);
  else
    function.interpret(arguments, results);
}

void FunctionState::call_concrete(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                                  FlatResults &results, Location location) {
  const bool is_symbolic = has_symbolic(arguments, location);
  check_arguments(arguments, location);
  if (runtime::Dispatcher::current().is_recording()) {
    const tracer::CallFrameScope frame(tracer::call_frame(options_.name, location));
    check_traced(function, arguments, location);
    if (inline_trace(function, arguments, results, location))
      return;
    FlatValues values = run_callable(arguments); // with these shapes it does something else
    for (Tensor &tensor : values.tensors)
      results.tensors.push(std::move(tensor));
    results.variables = std::move(values.variables);
    for (const uint64_t token : values.tokens)
      results.tokens.push(token);
    return;
  }
  if (is_symbolic) [[unlikely]]
    raise_symbolic(arguments, location);
  tracer::SignatureWords words;
  append_signature(arguments, rule_, ShapePolicy::declared, words);
  if (!std::ranges::equal(words.span(), function.signature()) || !function.covers(arguments)) // or it is more general
    check_traced(function, arguments, location);
  run(function, arguments, results, location);
}

void FunctionState::check_traced(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                                 Location location) const {
  const Trace &trace = function.trace();
  tracer::check_values(options_.name, trace.leaves, leaves(arguments), location);
  // What is left are types of one name.
  const std::span<const uint64_t> tokens = arguments.tokens.span(), words = function.signature();
  ETCH_REQUIRE(tokens.size() <= words.size() && std::ranges::equal(tokens, words.first(tokens.size())),
               ErrorCode::invalid_argument, location)
      << options_.name << ": the arguments must have the types they were traced with, got others of the same names";
  tracer::check_variables(options_.name, trace, arguments.variables.span(), location);
  const auto dtype_at = [&](size_t i) {
    return trace.arguments[i] != Trace::kUndefined ? std::optional(trace.type(trace.arguments[i]).dtype) : std::nullopt;
  };
  tracer::adopt_dtypes(arguments, dtype_at, location);
  for (size_t i = 0; i < trace.arguments.size(); ++i) {
    const Tensor &tensor = *arguments.tensors.data()[i];
    const std::string &path = trace.argument_paths[i];
    const bool was_defined = trace.arguments[i] != Trace::kUndefined;
    const ops::TensorType traced = was_defined ? trace.type(trace.arguments[i]) : ops::TensorType();
    ETCH_REQUIRE(tensor.defined() == was_defined, ErrorCode::invalid_argument, location)
        << options_.name << ": " << path << " must be " << (was_defined ? traced.message_text() : "undefined")
        << ", as it was traced, got " << spec_text(tensor);
    if (!was_defined)
      continue;
    const ops::TensorType type = runtime::type_of(tensor, options_.name.c_str(), location);
    bool same = type.dtype == traced.dtype && type.rank() == traced.rank();
    for (size_t axis = 0; same && axis < traced.dims.size(); ++axis)
      same = !traced.dims[axis].is_static() || traced.dims[axis] == type.dims[axis];
    if (same)
      continue;
    const auto [got, advice] = tracer::misfit_text(arguments, i, traced.dtype);
    ETCH_REQUIRE(false, type.dtype == traced.dtype ? ErrorCode::shape : ErrorCode::dtype, location)
        << options_.name << ": " << path << " must be " << traced.message_text() << ", as it was traced, got " << got
        << help(advice);
  }
}

} // namespace etch::detail
