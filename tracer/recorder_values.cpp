// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a recording needs to know of the call that it is made for.
#include "runtime/concrete_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/initial_values.h"
#include "tracer/interpret.h"
#include "tracer/late_reads.h"
#include "tracer/recorder.h"
#include "tracer/signature.h"

#include <algorithm>
#include <set>

namespace etch::tracer {
namespace {

/// As the call that is recorded has read it.
Tensor late_now(const LateCapture &late) {
  const Tensor read = LateReads::find(late.key);
  return read.defined() ? read : late.value();
}

} // namespace

std::shared_ptr<detail::VariableState> variable_apart(const Tensor &value, const std::string &name) {
  return std::shared_ptr<detail::VariableState>(
      new detail::VariableState{{}, value, name, false, value.dtype(), value.shape(), {}});
}

std::vector<const TraceOp *> Recorder::ops_behind(int value, const detail::VariableState *variable) const {
  std::vector<bool> values(trace_.values.size());
  std::set<const detail::VariableState *> variables{variable};
  if (value >= 0)
    values[static_cast<size_t>(value)] = true;
  std::vector<const TraceOp *> ops;
  for (size_t i = trace_.ops.size(); i-- > 0;) {
    const TraceOp &op = trace_.ops[i];
    const bool writes = op.def->effect == ops::Effect::writes_variable;
    if (!(writes && variables.contains(state_now(op.variable).get())) &&
        std::ranges::none_of(op.results, [&](int result) { return values[static_cast<size_t>(result)]; }))
      continue;
    ops.push_back(&op);
    for (const int operand : op.operands)
      values[static_cast<size_t>(operand)] = true;
    if (op.variable >= 0)
      variables.insert(state_now(op.variable).get());
  }
  std::ranges::reverse(ops);
  return ops;
}

const std::shared_ptr<detail::VariableState> &Recorder::state_now(int variable) const {
  return trace_.state_of(trace_.variables[static_cast<size_t>(variable)], *actual_);
}

Tensor Recorder::argument_now(size_t position, const std::string &variable, Location location) {
  const Tensor &given = *actual_->tensors.data()[position];
  if (!given.is_symbolic())
    return given;
  ETCH_REQUIRE(!is_spec(given), ErrorCode::tracing, location)
      << "variable: the initial value of '" << variable << "' must not depend on an argument without a value, got "
      << trace_.argument_paths[position] << " of '" << trace_.name << "', of which only the spec " << spec_text(given)
      << " is given" << help("call the function once with tensors before, or create the Variable before it is traced");
  ETCH_CHECK(outer_ != nullptr) << "a symbolic argument of " << trace_.name << " belongs to a trace around it";
  return outer_->initial_value(given, variable, location);
}

Tensor Recorder::input_now(int value, const std::string &variable, Location location) {
  const TraceValue &entry = trace_.values[static_cast<size_t>(value)];
  const auto position = static_cast<size_t>(entry.index);
  if (entry.origin == Origin::argument)
    return argument_now(position, variable, location);
  ETCH_CHECK(entry.origin == Origin::captured) << "a result is asked for before its op";
  const Tensor &captured = trace_.captured[position];
  if (!captured.defined())
    return late_now(trace_.late.at(entry.index));
  return captured.is_symbolic() ? outer_->initial_value(captured, variable, location) : captured;
}

Tensor Recorder::variable_before(const std::shared_ptr<detail::VariableState> &state, const std::string &variable,
                                 Location location) {
  if (outer_)
    return outer_->variable_value(state, variable, location);
  std::lock_guard lock(state->mutex);
  return state->value;
}

Recorder::Computed Recorder::compute(int value, const std::shared_ptr<detail::VariableState> &variable,
                                     const std::string &name, Location location) {
  ETCH_CHECK(actual_ != nullptr) << "the recording of " << trace_.name << " has no call";
  Computed computed{std::vector<Tensor>(trace_.values.size()), {}};
  const auto value_at = [&](int id) -> Tensor & {
    Tensor &known = computed.values[static_cast<size_t>(id)];
    return known.defined() ? known : known = input_now(id, name, location); // no others, which may have no value
  };
  const auto copy_of =
      [&](const std::shared_ptr<detail::VariableState> &state) -> const std::shared_ptr<detail::VariableState> & {
    auto &copy = computed.variables[state.get()];
    if (!copy)
      copy = variable_apart(variable_before(state, name, location), state->name);
    return copy;
  };
  for (const TraceOp *op : ops_behind(value, variable.get())) {
    std::vector<Tensor> operands, results(op->results.size());
    for (const int operand : op->operands)
      operands.push_back(value_at(operand));
    const ops::Attrs attrs = with_dims(op->attrs, [&](const ops::Dim &dim) {
      const auto number = number_of(dim);
      return number ? ops::Dim(*number) : dim;
    });
    const auto *used = op->variable < 0 ? nullptr : &copy_of(state_now(op->variable));
    const runtime::DispatcherScope scope(runtime::Dispatcher::eager());
    runtime::Dispatcher::eager().call({*op->def, operands, attrs, used, op->location}, results);
    for (size_t i = 0; i < results.size(); ++i)
      computed.values[static_cast<size_t>(op->results[i])] = std::move(results[i]);
  }
  if (value >= 0)
    value_at(value);
  if (variable)
    copy_of(variable);
  return computed;
}

Tensor Recorder::initial_value(const Tensor &tensor, const std::string &variable, Location location) {
  require_assumptions_hold("variable", location);
  if (!tensor.is_symbolic())
    return tensor;
  const ValueNode &node = value_node(tensor, "variable", location);
  if (node.recording != recording_) {
    if (!outer_)
      node.raise_misplaced("variable", location);
    return outer_->initial_value(tensor, variable, location);
  }
  return compute(node.value, nullptr, variable, location).values[static_cast<size_t>(node.value)];
}

Tensor Recorder::variable_value(const std::shared_ptr<detail::VariableState> &state, const std::string &variable,
                                Location location) {
  require_assumptions_hold("variable", location);
  const auto argument = variable_arguments_.find(state.get());
  const auto &here =
      argument == variable_arguments_.end() ? state : actual_->variables.data()[argument->second]->state();
  return compute(-1, here, variable, location).variables.at(here.get())->value;
}

template <class Condition>
bool Recorder::any_op_on(const detail::VariableState &state, const Condition &condition) const {
  const auto argument = variable_arguments_.find(&state);
  const detail::VariableState &here =
      argument == variable_arguments_.end() ? state : *actual_->variables.data()[argument->second]->state();
  const auto is_on_it = [&](const TraceOp &op) {
    return op.variable >= 0 && state_now(op.variable).get() == &here && condition(op);
  };
  return std::ranges::any_of(trace_.ops, is_on_it) || (outer_ && outer_->any_op_on(here, condition));
}

bool Recorder::has_written(const detail::VariableState &state) const {
  return any_op_on(state, [](const TraceOp &op) { return op.def->effect == ops::Effect::writes_variable; });
}

bool Recorder::has_used(const detail::VariableState &state) const {
  return any_op_on(state, [](const TraceOp &) { return true; });
}

bool Recorder::has_output() const {
  const auto is_output = [](const TraceOp &op) { return ops::is_output(op.def->effect); };
  return std::ranges::any_of(trace_.ops, is_output) || (outer_ && outer_->has_output());
}

void Recorder::serve_this_call_alone() {
  for (Recorder *recorder = this; recorder; recorder = recorder->outer_)
    recorder->trace_.is_reusable = false;
}

void Recorder::variable_created(const std::shared_ptr<detail::VariableState> &state) {
  const Location made = state->created_at;
  const auto at = [&](const Recorder &recorder) {
    return made.known() ? place(made, ", made at ") : place(recorder.call_site(), ", made in the call at ");
  };
  for (Recorder *recorder = this; recorder; recorder = recorder->outer_) {
    recorder->created_.push_back(state);
    const std::string where = at(*recorder);
    recorder->created_texts_.push_back("'" + state->name + "'" + where + (where.empty() ? "" : ","));
  }
  serve_this_call_alone();
}

void Recorder::check_variables_kept() const {
  for (size_t i = 0; i < created_.size(); ++i) {
    const auto is_used = [&](const TraceVariable &variable) { return variable.state == created_[i].lock(); };
    const long own = created_[i].expired() ? 0 : std::ranges::count_if(trace_.variables, is_used);
    ETCH_REQUIRE(created_[i].use_count() > own, ErrorCode::tracing, Location())
        << trace_.name << ": variable " << created_texts_[i] << " is gone when the callable has returned"
        << help("keep it outside the callable, or ask for it with Function::local_variable");
  }
}

Location Recorder::call_site() const { return call_site_.known() || !outer_ ? call_site_ : outer_->call_site(); }

Tensor Recorder::late(const std::function<Tensor()> &read, Location location) {
  const Tensor now = late_value(*this, read, location);
  const ops::TensorType type = runtime::type_of(now, "late", location);
  runtime::require_concrete(now, "late", location);
  const int index = static_cast<int>(trace_.captured.size());
  trace_.captured.emplace_back();
  const auto key = std::make_shared<const char>();
  LateReads::keep(key, now);
  trace_.late.emplace(index, LateCapture{read, type, location, key});
  trace_.captured_values.push_back(add_value(type, Origin::captured, index, location));
  return tensor_of(trace_.captured_values.back());
}

} // namespace etch::tracer
