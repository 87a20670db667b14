// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/recorder.h"

#include "runtime/concrete_tensor.h"
#include "runtime/donated_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/debug.h"
#include "tracer/name_scope.h"
#include "tracer/signature.h"

#include <etch/environment.h>

#include <algorithm>
#include <cstring>

namespace etch::tracer {
namespace {

/// The argument values that `value` is computed from, in order.
std::vector<int> arguments_behind(const Trace &trace, int value) {
  std::vector<bool> seen(trace.values.size());
  std::vector<int> pending{value};
  std::vector<int> arguments;
  while (!pending.empty()) {
    const int next = pending.back();
    pending.pop_back();
    if (seen[static_cast<size_t>(next)])
      continue;
    seen[static_cast<size_t>(next)] = true;
    const TraceValue &entry = trace.values[static_cast<size_t>(next)];
    if (entry.origin == Origin::argument)
      arguments.push_back(entry.index);
    else if (entry.origin == Origin::result)
      for (int operand : trace.ops[static_cast<size_t>(entry.index)].operands)
        pending.push_back(operand);
  }
  std::sort(arguments.begin(), arguments.end());
  return arguments;
}

/// The op that fills a tensor of given dimensions with one element, and its attributes for rank 0.
const ops::OpDef &full_op() {
  static const ops::OpDef *op = ops::find_op("full");
  ETCH_CHECK(op != nullptr);
  return *op;
}
ops::Attrs full_attrs(const ops::Scalar &value) {
  ops::Attrs attrs;
  for (const ops::AttrDef &attr : full_op().attrs) {
    if (attr.kind == ops::AttrKind::dims)
      attrs.emplace_back(ops::Dims{});
    else if (attr.kind == ops::AttrKind::scalar)
      attrs.emplace_back(value);
    else
      attrs.emplace_back(value.dtype);
  }
  return attrs;
}

/// Whether a call names no extent that is open.
bool are_known(const runtime::OpCall &call, std::span<const ops::TensorType> types) {
  const auto is_known = [](const ops::Dim &dim) { return dim.is_static(); };
  const auto all_known = [&](const ops::Dims &dims) { return std::ranges::all_of(dims, is_known); };
  return std::ranges::all_of(types, all_known, &ops::TensorType::dims) &&
         std::ranges::all_of(call.attrs, [&](const ops::Attr &attr) {
           const auto *dim = std::get_if<ops::Dim>(&attr);
           const auto *dims = std::get_if<ops::Dims>(&attr);
           return (!dim || is_known(*dim)) && (!dims || all_known(*dims));
         });
}

} // namespace

void Recording::handle_created(Tensor *handle) {
  std::lock_guard lock(mutex_);
  handles_[handle] = next_handle_++;
}

void Recording::handle_destroyed(Tensor *handle) {
  std::lock_guard lock(mutex_);
  handles_.erase(handle);
}

std::vector<Tensor *> Recording::live_handles() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<int64_t, Tensor *>> ordered;
  for (const auto &[handle, number] : handles_)
    ordered.emplace_back(number, handle);
  std::sort(ordered.begin(), ordered.end());
  std::vector<Tensor *> handles;
  for (const auto &[number, handle] : ordered)
    handles.push_back(handle);
  return handles;
}

std::string Recording::arguments_behind(int value) const {
  std::lock_guard lock(mutex_);
  if (!recorder_)
    return {};
  const Trace &trace = recorder_->trace();
  std::string text;
  for (int argument : tracer::arguments_behind(trace, value))
    text += (text.empty() ? "" : ", ") + trace.argument_paths[static_cast<size_t>(argument)];
  return text;
}

void Recording::begin(Recorder *recorder) {
  std::lock_guard lock(mutex_);
  recorder_ = recorder;
  thread_ = std::this_thread::get_id();
}

void Recording::end() { begin(nullptr); }

bool Recording::is_running() const {
  std::lock_guard lock(mutex_);
  return recorder_ != nullptr;
}

std::string ValueNode::origin() const {
  if (recording->is_running())
    return recording->arguments_behind(value);
  return "the trace of function '" + recording->name + "', which has ended" + place(created_at, "; it was made at ");
}

void ValueNode::raise_misplaced(const std::string &what, Location location) const {
  const std::string owner =
      recording->is_running() ? "', which another thread or an outer function is recording" : "', which has ended";
  throw Error(ErrorCode::tracing,
              what + ": " + type.message_text() + " is out of scope: it belongs to the trace of function '" +
                  recording->name + owner + place(created_at, "; it was made at "),
              location, recording->is_running() ? "" : "return it from the function, or keep it in a Variable");
}

Recorder::Recorder(std::string name, std::span<const ArgumentSpec> arguments, std::vector<TraceSymbol> symbols,
                   Location call_site)
    : outer_(dynamic_cast<Recorder *>(&runtime::Dispatcher::current().base())), call_site_(call_site),
      recording_(std::make_shared<Recording>(name)) {
  trace_.name = std::move(name);
  trace_.traced_at = call_site;
  trace_.symbols = std::move(symbols);
  trace_.integers_are_checked = etch::integers_are_checked();
  for (const ArgumentSpec &argument : arguments) {
    const int index = static_cast<int>(trace_.arguments.size());
    trace_.argument_paths.push_back(argument.path);
    trace_.arguments.push_back(argument.type ? add_value(*argument.type, Origin::argument, index, call_site)
                                             : Trace::kUndefined);
  }
  recording_->begin(this);
}

Recorder::~Recorder() { recording_->end(); }

std::vector<Tensor> Recorder::arguments() const {
  std::vector<Tensor> tensors;
  for (int value : trace_.arguments)
    tensors.push_back(value == Trace::kUndefined ? Tensor() : tensor_of(value));
  return tensors;
}

Tensor Recorder::tensor_of(int value) const {
  const TraceValue &entry = trace_.values[static_cast<size_t>(value)];
  return Tensor(new ValueNode(recording_, value, entry.type, entry.created_at));
}

void Recorder::rebind(Tensor *handle, int value) { *handle = tensor_of(value); }

int Recorder::add_value(ops::TensorType type, Origin origin, int index, Location location) {
  trace_.values.push_back({std::move(type), origin, index, location});
  return static_cast<int>(trace_.values.size()) - 1;
}

int Recorder::add_scalar(const ops::Scalar &value, Location location) {
  const int op = static_cast<int>(trace_.ops.size());
  const int result = add_value(ops::TensorType(value.dtype, ops::Dims{}), Origin::result, op, location);
  trace_.ops.push_back(
      {&full_op(), {}, full_attrs(value), -1, {result}, location, current_name_scope(), true, current_call_frame()});
  return result;
}

int Recorder::capture(const Tensor &tensor, Location location) {
  const auto found = captured_.find(tensor.node());
  if (found != captured_.end())
    return found->second;
  runtime::ConcreteNode &node = runtime::concrete(tensor);
  int value = 0;
  if (node.shape.rank() == 0) {
    ops::Scalar scalar{node.dtype, 0};
    std::memcpy(&scalar.bits, node.contiguous_elements(), size_of(node.dtype));
    value = add_scalar(scalar, location);
    trace_.captured_numbers.emplace(value, tensor);
  } else {
    // Itself, which tapes know it by; a view keeps the row-major copy that the first run makes.
    trace_.captured.push_back(tensor);
    value = add_value(ops::TensorType(node.dtype, node.shape), Origin::captured,
                      static_cast<int>(trace_.captured.size()) - 1, location);
    trace_.captured_values.push_back(value);
  }
  captured_.emplace(tensor.node(), value);
  kept_.push_back(tensor);
  return value;
}

const ValueNode &value_node(const Tensor &tensor, const char *what, Location location) {
  const auto *node = dynamic_cast<const ValueNode *>(tensor.node());
  if (!node)
    runtime::symbolic(tensor).raise_misplaced(what, location);
  return *node;
}

int Recorder::value_of(const Tensor &tensor, const char *what, Location location) {
  ETCH_REQUIRE(tensor.defined(), ErrorCode::invalid_argument, location) << what << ": the tensor is undefined";
  runtime::require_not_donated(tensor, what, location);
  if (!tensor.is_symbolic())
    return capture(tensor, location);
  const ValueNode &node = value_node(tensor, what, location);
  return node.recording == recording_ ? node.value : capture_outer(tensor, node, what, location);
}

bool Recorder::is_inside(const Recording &recording) const {
  for (const Recorder *recorder = this; recorder; recorder = recorder->outer_)
    if (recorder->recording_.get() == &recording)
      return true;
  return false;
}

int Recorder::capture_outer(const Tensor &tensor, const ValueNode &node, const char *what, Location location) {
  if (!is_inside(*node.recording))
    node.raise_misplaced(what, location);
  const auto found = captured_.find(&node);
  if (found != captured_.end())
    return found->second;
  trace_.is_reusable = false;
  ops::TensorType type = node.type;
  const int index = static_cast<int>(trace_.captured.size());
  for (size_t axis = 0; axis < type.dims.size(); ++axis)
    if (!type.dims[axis].is_static()) {
      const std::string name = "c" + std::to_string(index) + "_" + std::to_string(axis);
      trace_.symbols.push_back({name, -1, static_cast<int>(axis), index});
      type.dims[axis] = ops::Dim::symbol(name);
    }
  trace_.captured.push_back(tensor);
  const int value = add_value(std::move(type), Origin::captured, index, location);
  trace_.captured_values.push_back(value);
  captured_.emplace(&node, value);
  return value;
}

std::vector<Variable> Recorder::variable_arguments(std::span<const Variable *const> variables) {
  std::vector<Variable> stand_ins;
  for (size_t i = 0; i < variables.size(); ++i) {
    const detail::VariableState &state = *variables[i]->state();
    if (const size_t first = first_same(variables, i); first < i) {
      stand_ins.push_back(stand_ins[first]);
      continue;
    }
    stand_ins.emplace_back(std::shared_ptr<detail::VariableState>(new detail::VariableState{
        {}, {}, state.name, state.trainable, state.dtype, state.shape, state.created_at, true}));
    variable_arguments_.emplace(stand_ins.back().state().get(), static_cast<int>(i));
    kept_variables_.push_back(stand_ins.back());
  }
  return stand_ins;
}

TraceVariable Recorder::variable_of(const std::shared_ptr<detail::VariableState> &state, const char *what,
                                    Location location) {
  const ops::TensorType type(state->dtype, state->shape);
  if (const auto argument = variable_arguments_.find(state.get()); argument != variable_arguments_.end())
    return {nullptr, argument->second, type, state->name};
  if (outer_ && outer_->is_stand_in(*state)) {
    trace_.is_reusable = false;
    return {state, -1, type, state->name};
  }
  runtime::require_own_variable(*state, what, location);
  return {state, -1, type, state->name};
}

bool Recorder::is_stand_in(const detail::VariableState &state) const {
  return variable_arguments_.contains(&state) || (outer_ && outer_->is_stand_in(state));
}

int Recorder::variable_index(const std::shared_ptr<detail::VariableState> &state, const char *what, Location location) {
  const auto [found, is_new] = variables_.emplace(state.get(), static_cast<int>(trace_.variables.size()));
  if (is_new)
    trace_.variables.push_back(variable_of(state, what, location));
  return found->second;
}

ops::TensorType Recorder::type_of(const Tensor &tensor, const char *what, Location location) {
  if (tensor.is_symbolic()) {
    const ValueNode &node = value_node(tensor, what, location);
    if (node.recording != recording_) // to be captured anyway, and the type is what it is captured with
      return trace_.type(capture_outer(tensor, node, what, location));
  }
  return runtime::type_of(tensor, what, location);
}

std::vector<ops::TensorType> Recorder::inferred(const runtime::OpCall &call) {
  std::vector<ops::TensorType> types;
  if (call.variable)
    types.emplace_back((*call.variable)->dtype, (*call.variable)->shape);
  for (const Tensor &operand : call.operands)
    types.push_back(type_of(operand, call.op.name, call.location));
  try {
    return ops::infer(call.op, types, call.attrs, trace_.assumptions, call.location);
  } catch (const Error &) {
    // Eager code would not see this error, so the callable must not go on from it.
    has_error_of_open_types_ = has_error_of_open_types_ || !are_known(call, types);
    has_open_error_ = has_open_error_ || is_good_with_numbers(call, std::move(types));
    throw;
  }
}

bool Recorder::may_be_of_open_extents(const Error &error) const {
  if (trace_.symbols.empty())
    return false;
  return was_refused_ || has_open_error_ || has_error_of_open_types_ || error.code() == ErrorCode::tracing ||
         dynamic_cast<const OpenExtentError *>(&error) || error.summary().find('?') != std::string::npos;
}

void Recorder::check(const runtime::OpCall &function) { inferred(function); }

void Recorder::call(const runtime::OpCall &call, std::span<Tensor> results) {
  // Nothing is written down before this has succeeded: the callable may catch the error and go on.
  const std::vector<ops::TensorType> types = inferred(call);

  TraceOp op{&call.op,   {}, call.attrs, -1, {}, call.location, current_name_scope(), false, current_call_frame(),
             call.caller};
  for (const Tensor &operand : call.operands)
    op.operands.push_back(value_of(operand, call.op.name, call.location));
  if (call.variable)
    op.variable = variable_index(*call.variable, call.op.name, call.location);
  const int index = static_cast<int>(trace_.ops.size());
  for (const ops::TensorType &type : types)
    op.results.push_back(add_value(type, Origin::result, index, call.location));
  trace_.ops.push_back(std::move(op));
  for (size_t i = 0; i < results.size(); ++i)
    results[i] = tensor_of(trace_.ops.back().results[i]);
  if (counts_lines_ && call.location.known())
    count_line(call.location);
}

void Recorder::count_line(Location location) {
  constexpr int64_t kMost = 1000;
  const int64_t count = lines_.add(location);
  if (count <= kMost)
    return;
  counts_lines_ = false; // one warning is enough for a trace
  warn("function '" + trace_.name + "' has recorded " + std::to_string(count) + " operations" + place(location) +
       " so far: its trace unrolls a C++ loop there, and each turn adds to the time it takes to compile" +
       "\n  help: compute on whole tensors, or put the body of the loop into a function with Options::no_inline, which "
       "is compiled once");
}

Tensor Recorder::literal(const ops::Scalar &value, Location location) { return tensor_of(add_scalar(value, location)); }

void Recorder::check_no_extent_asked() const {
  ETCH_REQUIRE(!was_refused_, ErrorCode::tracing, Location())
      << trace_.name << ": the callable must not ask for a dimension that the trace does not know";
  // No tracing error: with known extents the call may be recorded.
  ETCH_REQUIRE(!has_open_error_, ErrorCode::shape, Location())
      << trace_.name << ": the shapes of this call are not what its trace takes for granted";
}

void Recorder::check_no_leaks(const detail::FlatValues &results) const {
  const auto is_result = [&](const Tensor *handle) {
    return std::ranges::any_of(results.tensors, [&](const Tensor &result) { return &result == handle; });
  };
  for (const Variable &argument : kept_variables_) {
    const auto is_argument = [&](const Variable &result) { return result.state() == argument.state(); };
    ETCH_REQUIRE(argument.state().use_count() == 1 + std::ranges::count_if(results.variables, is_argument),
                 ErrorCode::tracing, Location())
        << trace_.name << ": a Variable among the arguments is still held when the callable has returned, '"
        << argument.name() << "'" << help("which Variable it is differs from call to call; keep it outside");
  }
  std::vector<Tensor *> leaked = recording_->live_handles();
  std::erase_if(leaked, is_result);
  if (leaked.empty())
    return;
  const runtime::SymbolicNode &node = runtime::symbolic(*leaked.front());
  throw Error(ErrorCode::tracing,
              trace_.name + ": a value of the trace is still held when the callable has returned, " +
                  node.type.message_text() + place(node.created_at, " made at "),
              node.created_at, "return it from the function, or keep it in a Variable");
}

Trace Recorder::finish(const detail::FlatValues &results) {
  const char *what = trace_.name.c_str();
  for (const Tensor &result : results.tensors)
    trace_.results.push_back(result.defined() ? value_of(result, what, {}) : Trace::kUndefined);
  for (const Variable &result : results.variables)
    trace_.result_variables.push_back(variable_of(result.state(), what, {}));
  trace_.result_tokens = results.tokens;
  recording_->end();
  return std::move(trace_);
}

} // namespace etch::tracer
