// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of traces under tapes, and the calls that tapes note of them.
#include "tracer/differentiable.h"

#include "runtime/noted_call.h"
#include "runtime/tape.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/interpret.h"

#include <etch/environment.h>

#include <algorithm>

namespace etch::tracer {

using detail::GradientLeaf;

Differentiable::Differentiable(Trace trace, Listener listener)
    : trace_(std::move(trace)), listener_(std::move(listener)), inputs_(inputs_of(trace_)) {
  int outputs = 0;
  for (const int result : trace_.results) {
    places_.push_back(place_of(result));
    Place &place = places_.back();
    if (place.kind != Place::Kind::value)
      continue;
    const auto known = std::ranges::find(values_, result, &Value::id);
    place.index = static_cast<int>(known - values_.begin());
    if (known != values_.end())
      continue;
    const bool is_read = is_entry_read(result);
    const TraceValue &entry = trace_.values[static_cast<size_t>(result)];
    values_.push_back(
        {result, is_read ? -1 : outputs++, is_read ? trace_.ops[static_cast<size_t>(entry.index)].variable : -1});
    has_entry_reads_ = has_entry_reads_ || is_read;
  }
  has_effects_ = std::ranges::any_of(trace_.ops, [](const TraceOp &op) {
    return op.def->may_fail || (op.def->effect != ops::Effect::none && op.def->effect != ops::Effect::reads_variable);
  });
}

Differentiable::Place Differentiable::place_of(int result) const {
  if (result == Trace::kUndefined)
    return {Place::Kind::undefined, 0};
  const TraceValue &entry = trace_.values[static_cast<size_t>(result)];
  const auto input = [&](TraceInput::Kind kind, int index) {
    const auto found = std::ranges::find(inputs_, TraceInput{kind, index});
    return Place{found == inputs_.end() ? Place::Kind::value : Place::Kind::input,
                 static_cast<int>(found - inputs_.begin())};
  };
  if (entry.origin == Origin::argument)
    return input(TraceInput::Kind::argument, entry.index);
  if (entry.origin == Origin::captured)
    return input(TraceInput::Kind::captured, entry.index);
  return input(TraceInput::Kind::number, result);
}

bool Differentiable::is_entry_read(int value) const {
  const TraceValue &entry = trace_.values[static_cast<size_t>(value)];
  if (entry.origin != Origin::result ||
      trace_.ops[static_cast<size_t>(entry.index)].def->effect != ops::Effect::reads_variable)
    return false;
  const int variable = trace_.ops[static_cast<size_t>(entry.index)].variable;
  return std::none_of(trace_.ops.begin(), trace_.ops.begin() + entry.index, [&](const TraceOp &op) {
    return op.variable == variable && op.def->effect == ops::Effect::writes_variable;
  });
}

std::optional<Differentiable::Tracked> Differentiable::tracked(const Tapes &tapes,
                                                               const detail::FlatArguments &arguments) const {
  Tracked tracked;
  std::vector<GradientLeaf> leaves;
  std::vector<bool> counts(tapes.size()); // which tapes track something
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const GradientLeaf &leaf = leaves.emplace_back(leaf_of(trace_, inputs_[i], arguments));
    bool is_tracked = false;
    for (size_t t = 0; t < tapes.size(); ++t)
      if (leaf.variable ? tapes[t]->tracks(*leaf.variable) : tapes[t]->tracks(leaf.tensor))
        counts[t] = is_tracked = true;
    int first = is_tracked ? static_cast<int>(i) : JointRequest::kUntracked;
    for (size_t other = 0; is_tracked && other < i; ++other)
      if (leaf.variable ? leaf.variable == leaves[other].variable : leaf.tensor.node() == leaves[other].tensor.node()) {
        first = static_cast<int>(other);
        // Captured tensors are themselves in the joint trace as well, arguments are not.
        const auto is_argument = [&](size_t input) { return inputs_[input].kind == TraceInput::Kind::argument; };
        if (is_argument(i) != is_argument(other) || (is_argument(i) && !trace_.symbols.empty()))
          return std::nullopt;
        break;
      }
    tracked.inputs.push_back(first);
  }
  const auto count = std::ranges::count(counts, true);
  if (count == 0)
    return Tracked{};
  for (size_t t = 0; t < tapes.size(); ++t)
    tracked.is_closed = tracked.is_closed || (counts[t] && (count > 1 || tapes[t]->is_persistent()));
  return tracked;
}

void Differentiable::collect_variables(const detail::FlatArguments &arguments) const {
  for (const auto &tape : runtime::Tape::collecting())
    for (const TraceInput &input : inputs_)
      if (input.kind == TraceInput::Kind::variable)
        tape->collect(leaf_of(trace_, input, arguments).variable);
}

const ConcreteFunction &Differentiable::code() const {
  std::lock_guard lock(mutex_);
  if (!code_) {
    Trace trace = trace_;
    trace.results.clear();
    for (const Value &value : values_)
      if (value.output >= 0)
        trace.results.push_back(value.id);
    trace.result_variables.clear();
    trace.result_tokens.clear();
    auto code = std::make_shared<ConcreteFunction>(std::move(trace), std::vector<uint64_t>());
    code->on_compile(listener_);
    code_ = std::move(code);
  }
  return *code_;
}

bool Differentiable::run(const detail::FlatArguments &arguments, std::vector<Tensor> &values, CallCounters &counters,
                         Location location) const {
  detail::FlatResults outputs;
  std::vector<Tensor> entry(has_entry_reads_ ? trace_.variables.size() : 0);
  const bool has_outputs = std::ranges::any_of(values_, [](const Value &value) { return value.output >= 0; });
  if ((has_outputs || has_effects_ || has_entry_reads_) &&
      !code().try_run(arguments, outputs, counters, entry, location))
    return false;
  for (const Value &value : values_)
    values.push_back(value.output >= 0 ? outputs.tensors.data()[value.output]
                                       : runtime::alias(entry[static_cast<size_t>(value.variable)]));
  return true;
}

std::vector<Tensor> Differentiable::passed_inputs(const detail::FlatArguments &arguments) const {
  std::vector<Tensor> results;
  for (const Place &place : places_)
    results.push_back(place.kind == Place::Kind::input
                          ? leaf_of(trace_, inputs_[static_cast<size_t>(place.index)], arguments).tensor
                          : Tensor());
  return results;
}

std::vector<Tensor> Differentiable::with_values(std::vector<Tensor> results, std::span<const Tensor> values) const {
  for (size_t i = 0; i < places_.size(); ++i)
    if (places_[i].kind == Place::Kind::value)
      results[i] = values[static_cast<size_t>(places_[i].index)];
  return results;
}

std::vector<Tensor> Differentiable::interpret(const detail::FlatArguments &arguments) const {
  return tracer::interpret(trace_, arguments, runtime::Dispatcher::current());
}

/// What a tape notes of a call of an extended function.
class FunctionCall final : public runtime::NotedCall {
public:
  FunctionCall(const Differentiable::Forward &forward, const detail::FlatArguments &arguments)
      : function_(forward.extended), operands_(forward.operands), inputs_(function_->inputs_.size()),
        dependences_(function_->dependences()), connections_(function_->connections()) {
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (forward.kept_inputs[i])
        inputs_[i] = leaf_of(function_->trace_, function_->inputs_[i], arguments).tensor;
    for (const Variable *variable : arguments.variables.span())
      variables_.push_back(*variable);
  }
  void keep_values(const Differentiable::Forward &forward, std::span<const Tensor> values) {
    for (size_t j = 0; j < values.size(); ++j)
      values_.push_back(forward.kept_values[j] ? values[j] : Tensor());
  }

  bool depends(size_t result, size_t operand) const override { return dependences_[origin(operand)][result]; }
  bool connects(size_t operand, size_t result) const override { return connections_[origin(operand)][result]; }
  bool continues_sums() const override { return true; }

  std::vector<Tensor> pull(std::span<const Tensor> dys, std::span<const Tensor> sums, const std::vector<bool> &needed,
                           Location location) const override {
    const std::vector<bool> none(inputs_.size());
    Differentiable::BackwardKey key{{}, none, none, {}, etch::integers_are_checked()};
    for (size_t j = 0; j < dys.size(); ++j) {
      key.dys.push_back(dys[j].defined());
      key.needed_values.push_back(needed[operands_.size() + j]);
    }
    std::vector<Tensor> sum_of(inputs_.size());
    for (size_t i = 0; i < operands_.size(); ++i) {
      key.needed[operands_[i]] = needed[i];
      key.sums[operands_[i]] = sums[i].defined();
      sum_of[operands_[i]] = sums[i];
    }
    const Differentiable::Backward &backward = function_->backward(operands_, key);
    using Kind = Differentiable::Backward::Argument::Kind;
    detail::FlatArguments arguments;
    for (const auto &argument : backward.arguments)
      arguments.tensor(argument.kind == Kind::input   ? inputs_[argument.index]
                       : argument.kind == Kind::value ? values_[argument.index]
                       : argument.kind == Kind::dy    ? dys[argument.index]
                                                      : sum_of[argument.index]);
    for (const Variable &variable : variables_)
      arguments.variable(variable);
    const std::vector<Tensor> results = backward.function->call(arguments, location);
    const auto gradient_of = [&](size_t origin) {
      const int result = backward.results[origin];
      return result == Trace::kUndefined ? Tensor() : results[static_cast<size_t>(result)];
    };
    std::vector<Tensor> gradients;
    for (size_t i = 0; i < needed.size(); ++i)
      gradients.push_back(gradient_of(origin(i)));
    return gradients;
  }

  std::string cut_between(const std::vector<bool> &operands, const std::vector<bool> &results) const override {
    return function_->cut_between(operands_, operands, results);
  }

private:
  /// What an operand is to the function: an input or, behind them, a value.
  size_t origin(size_t operand) const {
    return operand < operands_.size() ? operands_[operand] : inputs_.size() + operand - operands_.size();
  }

  const std::shared_ptr<const Differentiable> function_;
  const std::vector<size_t> operands_;  // its inputs
  std::vector<Tensor> inputs_, values_; // of its, those that gradients may use
  std::vector<Variable> variables_;     // among the arguments
  const Differentiable::Reach &dependences_, &connections_;
};

std::vector<Tensor> Differentiable::call(const detail::FlatArguments &arguments, Location location) const {
  CallCounters counters;
  if (auto results = call_tracked(arguments, counters, location))
    return std::move(*results);
  std::vector<Tensor> values, results = passed_inputs(arguments);
  return run(arguments, values, counters, location) ? with_values(std::move(results), values) : interpret(arguments);
}

std::optional<std::vector<Tensor>> Differentiable::call_tracked(const detail::FlatArguments &arguments,
                                                                CallCounters &counters, Location location) const {
  const Tapes tapes = runtime::Tape::noting();
  const std::optional<Tracked> tracked = this->tracked(tapes, arguments);
  if (!tracked)
    return interpret(arguments);
  if (tracked->inputs.empty())
    return std::nullopt;
  const Forward &forward = this->forward(*tracked);
  if (!forward.extended || !forward.extended->code().admits(arguments))
    return interpret(arguments);
  const Differentiable &extended = *forward.extended;
  // Before callbacks may change what the arguments refer to, and results take what nobody holds.
  auto noted = std::make_shared<FunctionCall>(forward, arguments);
  std::vector<GradientLeaf> operands;
  for (const size_t input : forward.operands)
    operands.push_back(leaf_of(extended.trace_, extended.inputs_[input], arguments));
  std::vector<Tensor> values, results = extended.passed_inputs(arguments);
  if (!extended.run(arguments, values, counters, location)) {
    counters.replays.fetch_add(1, std::memory_order_relaxed);
    return interpret(arguments);
  }
  noted->keep_values(forward, values);
  for (const auto &tape : tapes)
    tape->note(noted, operands, values, location);
  results = extended.with_values(std::move(results), values);
  results.resize(trace_.results.size());
  return results;
}

void call_under_tapes(const ConcreteFunction &function, const detail::FlatArguments &arguments,
                      detail::FlatResults &results, CallCounters &counters, Location location) {
  if (!function.trace().late.empty()) // a tape may track what is read
    return function.interpret(arguments, results);
  const Differentiable &differentiable = function.differentiable();
  differentiable.collect_variables(arguments);
  std::optional<std::vector<Tensor>> tensors = differentiable.call_tracked(arguments, counters, location);
  if (!tensors)
    return function.run(arguments, results, counters, location);
  for (Tensor &tensor : *tensors)
    results.tensors.push(std::move(tensor));
  function.return_the_rest(arguments, results);
}

} // namespace etch::tracer
