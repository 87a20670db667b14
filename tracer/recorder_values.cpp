// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a recording needs to know of the call that it is made for.
#include "runtime/concrete_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/interpret.h"
#include "tracer/recorder.h"

#include <algorithm>

namespace etch::tracer {

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

Tensor Recorder::value_now(const Tensor &tensor, const char *what, Location location) {
  require_assumptions_hold(what, location);
  if (!tensor.is_symbolic())
    return tensor;
  const ValueNode &node = value_node(tensor, what, location);
  if (node.recording != recording_) {
    if (!outer_)
      node.raise_misplaced(what, location);
    return outer_->value_now(tensor, what, location);
  }
  ETCH_CHECK(actual_ != nullptr) << "the recording of " << trace_.name << " has no call";
  const auto value_in_outer = [&](const Tensor &given) {
    if (!given.is_symbolic())
      return given;
    return outer_ ? outer_->value_now(given, what, location) : Tensor(); // a spec; an error where it is used
  };
  std::vector<Tensor> actual;
  for (const Tensor *argument : actual_->tensors.span())
    actual.push_back(argument->defined() ? value_in_outer(*argument) : Tensor());
  std::vector<Tensor> values(trace_.values.size());
  for (size_t i = 0; i < trace_.arguments.size(); ++i)
    if (trace_.arguments[i] != Trace::kUndefined)
      values[static_cast<size_t>(trace_.arguments[i])] = actual[i];
  for (size_t i = 0; i < trace_.captured.size(); ++i)
    values[static_cast<size_t>(trace_.captured_values[i])] =
        trace_.captured[i].defined() ? value_in_outer(trace_.captured[i]) : trace_.late.at(static_cast<int>(i)).value();
  for (const TraceOp *op : ops_behind(node.value)) {
    const std::shared_ptr<detail::VariableState> *variable = nullptr;
    if (op->variable >= 0) {
      const auto is_earlier_write = [&](const TraceOp &other) {
        return &other < op && other.variable == op->variable && other.def->effect == ops::Effect::writes_variable;
      };
      const TraceVariable &used = trace_.variables[static_cast<size_t>(op->variable)];
      const auto &state = used.state ? used.state : actual_->variables.data()[used.argument]->state();
      const bool is_written =
          std::ranges::any_of(trace_.ops, is_earlier_write) || (outer_ && outer_->has_written(*state));
      ETCH_REQUIRE(!is_written, ErrorCode::tracing, location)
          << what << ": the value must not depend on a Variable that the trace has written, got '" << used.name << "'";
      variable = outer_ ? &outer_->actual_variable(state) : &state;
    }
    std::vector<Tensor> operands, results(op->results.size());
    for (const int operand : op->operands)
      operands.push_back(values[static_cast<size_t>(operand)]);
    const ops::Attrs attrs = with_dims(op->attrs, [&](const ops::Dim &dim) {
      const auto number = number_of(dim);
      return number ? ops::Dim(*number) : dim;
    });
    const runtime::DispatcherScope scope(runtime::Dispatcher::eager());
    runtime::Dispatcher::eager().call({*op->def, operands, attrs, variable, op->location}, results);
    for (size_t i = 0; i < results.size(); ++i)
      values[static_cast<size_t>(op->results[i])] = std::move(results[i]);
  }
  return values[static_cast<size_t>(node.value)];
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
  for (Recorder *recorder = this; recorder; recorder = recorder->outer_) {
    recorder->created_.push_back(state);
    recorder->created_texts_.push_back("'" + state->name + "', made at " + made.file + ":" + std::to_string(made.line));
    recorder->trace_.is_reusable = false;
  }
}

void Recorder::check_variables_kept() const {
  for (size_t i = 0; i < created_.size(); ++i) {
    const auto is_used = [&](const TraceVariable &variable) { return variable.state == created_[i].lock(); };
    const long own = created_[i].expired() ? 0 : std::ranges::count_if(trace_.variables, is_used);
    ETCH_REQUIRE(created_[i].use_count() > own, ErrorCode::tracing, Location())
        << trace_.name << ": variable " << created_texts_[i] << ", is gone when the callable has returned"
        << help("keep it outside the callable, or ask for it with Function::local_variable");
  }
}

Tensor Recorder::late(const std::function<Tensor()> &read, Location location) {
  const Tensor now = [&] {
    const runtime::DispatcherScope eagerly(runtime::Dispatcher::eager());
    return read();
  }();
  const ops::TensorType type = runtime::type_of(now, "late", location);
  runtime::Dispatcher::eager().value_now(now, "late", location);
  const int index = static_cast<int>(trace_.captured.size());
  trace_.captured.emplace_back();
  trace_.late.emplace(index, LateCapture{read, type, location});
  trace_.captured_values.push_back(add_value(type, Origin::captured, index, location));
  return tensor_of(trace_.captured_values.back());
}

} // namespace etch::tracer
