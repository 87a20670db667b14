// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a recording needs to know of the call that it is made for.
#include "runtime/concrete_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/interpret.h"
#include "tracer/late_reads.h"
#include "tracer/recorder.h"
#include "tracer/signature.h"

#include <algorithm>

namespace etch::tracer {
namespace {

/// As the call that is recorded has read it.
Tensor late_now(const LateCapture &late) {
  const Tensor read = LateReads::find(late.key);
  return read.defined() ? read : late.value();
}

} // namespace

std::vector<const TraceOp *> Recorder::ops_behind(int value) const {
  std::vector<bool> needed(trace_.values.size());
  needed[static_cast<size_t>(value)] = true;
  std::vector<const TraceOp *> ops;
  for (size_t i = trace_.ops.size(); i-- > 0;) {
    const TraceOp &op = trace_.ops[i];
    if (std::ranges::none_of(op.results, [&](int result) { return needed[static_cast<size_t>(result)]; }))
      continue;
    ops.push_back(&op);
    for (const int operand : op.operands)
      needed[static_cast<size_t>(operand)] = true;
  }
  std::ranges::reverse(ops);
  return ops;
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
  ETCH_CHECK(actual_ != nullptr) << "the recording of " << trace_.name << " has no call";
  std::vector<Tensor> values(trace_.values.size());
  const auto needed = [&](int id) { // of nothing else: other arguments may have no value
    Tensor &value = values[static_cast<size_t>(id)];
    if (value.defined())
      return value;
    const TraceValue &entry = trace_.values[static_cast<size_t>(id)];
    const auto position = static_cast<size_t>(entry.index);
    if (entry.origin == Origin::argument)
      value = argument_now(position, variable, location);
    else if (entry.origin == Origin::captured && !trace_.captured[position].defined())
      value = late_now(trace_.late.at(entry.index));
    else if (entry.origin == Origin::captured)
      value = trace_.captured[position].is_symbolic()
                  ? outer_->initial_value(trace_.captured[position], variable, location)
                  : trace_.captured[position];
    return value;
  };
  for (const TraceOp *op : ops_behind(node.value)) {
    const auto *read = op->variable < 0 ? nullptr : &variable_now(*op, variable, location);
    std::vector<Tensor> operands, results(op->results.size());
    for (const int operand : op->operands)
      operands.push_back(needed(operand));
    const ops::Attrs attrs = with_dims(op->attrs, [&](const ops::Dim &dim) {
      const auto number = number_of(dim);
      return number ? ops::Dim(*number) : dim;
    });
    const runtime::DispatcherScope scope(runtime::Dispatcher::eager());
    runtime::Dispatcher::eager().call({*op->def, operands, attrs, read, op->location}, results);
    for (size_t i = 0; i < results.size(); ++i)
      values[static_cast<size_t>(op->results[i])] = std::move(results[i]);
  }
  return needed(node.value);
}

const std::shared_ptr<detail::VariableState> &Recorder::variable_now(const TraceOp &op, const std::string &variable,
                                                                     Location location) {
  const auto is_earlier_write = [&](const TraceOp &other) {
    return &other < &op && other.variable == op.variable && other.def->effect == ops::Effect::writes_variable;
  };
  const TraceVariable &used = trace_.variables[static_cast<size_t>(op.variable)];
  const auto &state = used.state ? used.state : actual_->variables.data()[used.argument]->state();
  const bool is_written = std::ranges::any_of(trace_.ops, is_earlier_write) || (outer_ && outer_->has_written(*state));
  ETCH_REQUIRE(!is_written, ErrorCode::tracing, location)
      << "variable: the initial value of '" << variable
      << "' must not depend on a Variable that the trace has written, got '" << used.name << "'";
  return outer_ ? outer_->actual_variable(state) : state;
}

bool Recorder::has_written(const detail::VariableState &state) const {
  const auto used = variables_.find(&state);
  const auto writes = [&](const TraceOp &op) {
    return op.variable == used->second && op.def->effect == ops::Effect::writes_variable;
  };
  if (used != variables_.end() && std::ranges::any_of(trace_.ops, writes))
    return true;
  const auto argument = variable_arguments_.find(&state);
  if (!outer_)
    return false;
  return outer_->has_written(
      argument == variable_arguments_.end() ? state : *actual_->variables.data()[argument->second]->state());
}

const std::shared_ptr<detail::VariableState> &
Recorder::actual_variable(const std::shared_ptr<detail::VariableState> &state) {
  const auto argument = variable_arguments_.find(state.get());
  const auto &here =
      argument == variable_arguments_.end() ? state : actual_->variables.data()[argument->second]->state();
  return outer_ ? outer_->actual_variable(here) : here;
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
    recorder->trace_.is_reusable = false;
  }
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
  const Tensor now = [&] {
    const runtime::DispatcherScope eagerly(runtime::Dispatcher::eager());
    return read();
  }();
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
