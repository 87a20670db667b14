// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/interpret.h"

#include "ops/rules.h"
#include "runtime/custom_gradient.h"
#include "runtime/dispatcher.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"
#include "tracer/recorder.h"

#include <numeric>

namespace etch::tracer {

ops::Attrs with_dims(ops::Attrs attrs, const std::function<ops::Dim(const ops::Dim &)> &replacement) {
  for (ops::Attr &attr : attrs) {
    if (auto *dim = std::get_if<ops::Dim>(&attr))
      *dim = replacement(*dim);
    if (auto *dims = std::get_if<ops::Dims>(&attr))
      for (ops::Dim &each : *dims)
        each = replacement(each);
  }
  return attrs;
}

ops::Attrs SymbolValues::evaluate(const ops::Attrs &attrs) const {
  return with_dims(attrs, [this](const ops::Dim &dim) { return evaluate(dim); });
}

ops::Dim SymbolValues::evaluate(const ops::Dim &dim) const {
  if (dim.is_static())
    return dim;
  return dim.substitute([this](const std::string &symbol) { return value_of(symbol); });
}

void SymbolValues::keep_all() {
  for (const TraceSymbol &symbol : trace_.symbols)
    kept_.emplace(symbol.name, value_of(symbol.name));
}

ops::Dim SymbolValues::value_of(const std::string &symbol) const {
  if (const auto kept = kept_.find(symbol); kept != kept_.end())
    return kept->second;
  for (const TraceSymbol &known : trace_.symbols)
    if (known.name == symbol) {
      if (known.outer)
        return *known.outer;
      const Tensor &tensor = known.captured < 0 ? *arguments_.tensors.data()[known.argument]
                                                : trace_.captured[static_cast<size_t>(known.captured)];
      return where_.type_of(tensor, trace_.name.c_str(), {}).dims[static_cast<size_t>(known.axis)];
    }
  ETCH_CHECK(false) << "symbol " << symbol << " has no value";
  return 0;
}

namespace {

/// Notes the calls among the ops that a trace becomes in a recording: all of them as one, or those that the trace has.
class RecordedCalls {
public:
  RecordedCalls(const Trace &trace, const detail::FlatArguments &arguments, runtime::Dispatcher &dispatcher,
                const AsCall *as_call)
      : trace_(trace), arguments_(arguments), as_call_(as_call),
        // Gradients need the values inside a call.
        recorder_((as_call || !trace.calls.empty() || !trace.gradients.empty()) && !dispatcher.is_tape()
                      ? dynamic_cast<Recorder *>(&dispatcher)
                      : nullptr) {}

  /// To be called when arguments and captured tensors have their values.
  void begin(const std::vector<Tensor> &values) {
    if (!recorder_)
      return;
    // Before the ops of a call: to record a number is an op of its own, which code outside the call may use as well.
    for (const int value : inputs())
      id_of(values, value);
    first_ = static_cast<int>(recorder_->trace().ops.size());
    if (as_call_)
      counted_lines_ = recorder_->count_lines(false);
  }

  void end(const std::vector<Tensor> &values) {
    if (!recorder_)
      return;
    ETCH_CHECK(recorder_->trace().ops.size() == static_cast<size_t>(first_) + trace_.ops.size());
    if (as_call_) {
      recorder_->count_lines(counted_lines_);
      return add(values, {as_call_->callee, 0, static_cast<int>(trace_.ops.size()), inputs(), all_variables(),
                          layout_results(trace_).values, as_call_->location});
    }
    for (const TraceCall &call : trace_.calls)
      add(values, call);
    for (const TraceGradient &gradient : trace_.gradients)
      add(values, gradient);
  }

private:
  std::vector<int> inputs() const {
    std::vector<int> inputs;
    for (const int value : trace_.arguments)
      if (value != Trace::kUndefined)
        inputs.push_back(value);
    inputs.insert(inputs.end(), trace_.captured_values.begin(), trace_.captured_values.end());
    return inputs;
  }

  std::vector<int> all_variables() const {
    std::vector<int> variables(trace_.variables.size());
    std::iota(variables.begin(), variables.end(), 0);
    return variables;
  }

  int id_of(const std::vector<Tensor> &values, int value) {
    const Location location = as_call_ ? as_call_->location : trace_.traced_at;
    return recorder_->value_of(values[static_cast<size_t>(value)], trace_.name.c_str(), location);
  }

  /// A call of this trace, in terms of the recording.
  void add(const std::vector<Tensor> &values, TraceCall call) {
    call.first += first_;
    call.end += first_;
    for (int &operand : call.operands)
      operand = id_of(values, operand);
    for (int &result : call.results)
      result = id_of(values, result);
    for (int &variable : call.variables)
      variable = id_of_variable(variable);
    recorder_->add_call(std::move(call));
  }

  int id_of_variable(int variable) {
    return recorder_->variable_index(trace_.state_of(trace_.variables[static_cast<size_t>(variable)], arguments_),
                                     trace_.name.c_str(), {});
  }

  /// A gradient of this trace, the same.
  void add(const std::vector<Tensor> &values, TraceGradient gradient) {
    gradient.first += first_;
    gradient.end += first_;
    for (std::vector<int> *ids : {&gradient.targets, &gradient.seeds, &gradient.results})
      for (int &value : *ids)
        value = id_of(values, value);
    for (TraceGradient::Source &source : gradient.sources) {
      if (source.variable >= 0)
        source.variable = id_of_variable(source.variable);
      else
        source.value = id_of(values, source.value);
    }
    for (int &op : gradient.unnoted)
      op += first_;
    recorder_->add_gradient(std::move(gradient));
  }

  const Trace &trace_;
  const detail::FlatArguments &arguments_;
  const AsCall *const as_call_;
  Recorder *const recorder_;
  int first_ = 0;
  bool counted_lines_ = true;
};

/// Says again which gradients of the user's there are, for the tapes and the recording that see the calls.
class CustomGradients {
public:
  CustomGradients(const Trace &trace, const detail::FlatArguments &arguments) : trace_(trace), arguments_(arguments) {}

  /// To be called before the op at `position` is, and after the last one.
  void note(size_t position, std::vector<Tensor> &values) {
    for (; next_ < trace_.custom_gradients.size() &&
           trace_.custom_gradients[next_].position == static_cast<int>(position);
         ++next_)
      note(trace_.custom_gradients[next_], values);
  }

private:
  void note(const TraceCustomGradient &custom, std::vector<Tensor> &values) {
    const auto at = [&](int value) {
      return value == Trace::kUndefined ? Tensor() : values[static_cast<size_t>(value)];
    };
    std::vector<detail::GradientLeaf> operands;
    for (const TraceCustomGradient::Operand &operand : custom.operands)
      operands.push_back({at(operand.value), operand.variable < 0 ? nullptr : variable(operand.variable)});
    std::vector<Tensor> results, given;
    for (const int result : custom.results)
      results.push_back(at(result));
    for (const int value : custom.values)
      given.push_back(at(value));
    std::vector<Variable> variables;
    for (const int used : custom.variables)
      variables.emplace_back(variable(used));
    const auto pullback = [trace = custom.pullback, error = custom.error, given = std::move(given),
                           variables = std::move(variables)](const std::vector<Tensor> &dys) {
      if (!trace)
        std::rethrow_exception(error);
      detail::FlatArguments arguments;
      for (const Tensor &dy : dys)
        arguments.tensor(dy);
      for (const Tensor &value : given)
        arguments.tensor(value);
      for (const Variable &each : variables)
        arguments.variable(each);
      return interpret(*trace, arguments, runtime::Dispatcher::current());
    };
    runtime::note_custom_call(operands, results, pullback, custom.location);
    for (size_t j = 0; j < results.size(); ++j)
      if (custom.results[j] != Trace::kUndefined)
        values[static_cast<size_t>(custom.results[j])] = results[j];
  }

  std::shared_ptr<detail::VariableState> variable(int index) const {
    return trace_.state_of(trace_.variables[static_cast<size_t>(index)], arguments_);
  }

  const Trace &trace_;
  const detail::FlatArguments &arguments_;
  size_t next_ = 0;
};

} // namespace

std::vector<Tensor> interpret(const Trace &trace, const detail::FlatArguments &arguments,
                              runtime::Dispatcher &dispatcher, const AsCall *as_call) {
  // Composite ops call public functions, which ask for the thread's dispatcher.
  const runtime::DispatcherScope scope(dispatcher);
  SymbolValues symbols(trace, arguments, dispatcher);
  symbols.keep_all(); // a callback may assign the caller's handles
  std::vector<Tensor> values(trace.values.size());
  for (size_t i = 0; i < trace.arguments.size(); ++i)
    if (trace.arguments[i] != Trace::kUndefined)
      values[static_cast<size_t>(trace.arguments[i])] = *arguments.tensors.data()[i];
  for (size_t i = 0; i < trace.captured.size(); ++i)
    values[static_cast<size_t>(trace.captured_values[i])] = trace.captured[i];
  const bool records = dispatcher.is_recording(); // then there are values of the call that are still to come
  for (const auto &[position, late] : trace.late)
    values[static_cast<size_t>(trace.captured_values[static_cast<size_t>(position)])] =
        dispatcher.late([copy = late, records] { return records ? copy.value_here() : copy.value(); }, late.location);

  RecordedCalls calls(trace, arguments, dispatcher, as_call);
  calls.begin(values);
  for (const auto &object : trace.kept)
    dispatcher.keep(object);
  RebasedFrames frames(current_call_frame());
  CustomGradients custom_gradients(trace, arguments);
  const auto &numbers = trace.captured_numbers;
  for (const TraceOp &op : trace.ops) {
    custom_gradients.note(static_cast<size_t>(&op - trace.ops.data()), values);
    const auto number = op.operands.empty() && !op.results.empty() ? numbers.find(op.results.front()) : numbers.end();
    if (number != numbers.end() && dispatcher.is_tape()) {
      values[static_cast<size_t>(number->first)] = number->second;
      continue;
    }
    std::vector<Tensor> operands;
    for (int operand : op.operands)
      operands.push_back(values[static_cast<size_t>(operand)]);
    const ops::Attrs attrs = symbols.evaluate(op.attrs);
    const NameScope named = name_scope(op.scope);
    const CallFrameScope call_frame(frames.of(op.frame));
    std::vector<Tensor> results(op.results.size());
    const auto *variable =
        op.variable < 0 ? nullptr : &trace.state_of(trace.variables[static_cast<size_t>(op.variable)], arguments);
    try {
      dispatcher.call({*op.def, operands, attrs, variable, op.location, op.caller}, results);
    } catch (const Error &error) {
      Error named = op.caller ? ops::renamed(error, *op.def, *op.caller) : error;
      add_calls(named, op.frame);
      throw named;
    }
    if (number != numbers.end())
      dispatcher.number_captured(results.front(), number->second);
    for (size_t i = 0; i < results.size(); ++i)
      values[static_cast<size_t>(op.results[i])] = std::move(results[i]);
  }

  custom_gradients.note(trace.ops.size(), values);
  calls.end(values);
  std::vector<Tensor> results;
  for (int result : trace.results)
    results.push_back(result == Trace::kUndefined ? Tensor() : values[static_cast<size_t>(result)]);
  return results;
}

} // namespace etch::tracer
