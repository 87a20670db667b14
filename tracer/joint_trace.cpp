// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/joint_trace.h"

#include "runtime/tape.h"
#include "runtime/variable_state.h"
#include "tracer/interpret.h"
#include "tracer/name_scope.h"
#include "tracer/recorder.h"
#include "tracer/slice_trace.h"

#include <algorithm>

namespace etch::tracer {
namespace {

using detail::GradientLeaf;

/// Stand-ins for the Variables that a call brings.
std::vector<Variable> variables_of(const Trace &trace) {
  std::vector<Variable> variables;
  for (size_t i = 0; i < trace.argument_variables.size(); ++i) {
    const ArgumentVariable &argument = trace.argument_variables[i];
    if (argument.first < static_cast<int>(i)) {
      variables.push_back(variables[static_cast<size_t>(argument.first)]);
      continue;
    }
    const auto named = std::ranges::find(trace.variables, static_cast<int>(i), &TraceVariable::argument);
    variables.emplace_back(std::shared_ptr<detail::VariableState>(
        new detail::VariableState{{},
                                  {},
                                  named == trace.variables.end() ? "" : named->name,
                                  argument.trainable,
                                  argument.type.dtype,
                                  argument.type.shape({}),
                                  {},
                                  true}));
  }
  return variables;
}

std::vector<ArgumentSpec> argument_specs(const JointRequest &request) {
  std::vector<ArgumentSpec> specs;
  const Trace &trace = request.trace;
  for (size_t i = 0; i < trace.arguments.size(); ++i)
    specs.push_back({trace.argument_paths[i], trace.arguments[i] == Trace::kUndefined
                                                  ? std::nullopt
                                                  : std::optional(trace.type(trace.arguments[i]))});
  for (const int value : request.values)
    specs.push_back({"gradient", trace.type(value)});
  for (const TraceInput &input : request.inputs)
    specs.push_back({"sum", type_of(request.trace, input)});
  return specs;
}

class JointRecording {
public:
  explicit JointRecording(const JointRequest &request)
      : request_(request),
        recorder_(request.trace.name, argument_specs(request), request.trace.symbols, request.trace.traced_at),
        tensors_(recorder_.arguments()) {
    recorder_.count_lines(false);
    const std::vector<Variable> given = variables_of(request.trace);
    std::vector<const Variable *> pointers;
    for (const Variable &variable : given)
      pointers.push_back(&variable);
    variables_ = recorder_.variable_arguments(pointers);
    for (size_t i = 0; i < request.trace.arguments.size(); ++i)
      arguments_.tensor(tensors_[source_of(i)]);
    for (const Variable &variable : variables_)
      arguments_.variable(variable);
  }

  JointTrace record() {
    JointTrace joint;
    const FreshNameScope name_scope;
    const CallFrameScope own_ops(nullptr);
    {
      const runtime::DispatcherScope scope(recorder_);
      const auto tape = runtime::Tape::begin({.watch_accessed_variables = false}, {});
      try {
        record_ops(*tape, joint);
      } catch (...) {
        tape->end();
        throw;
      }
      tape->end();
    }
    joint.trace = recorder_.finish({});
    joint.trace.argument_variables = request_.trace.argument_variables;
    return joint;
  }

private:
  /// The argument whose tensor is given for a flat argument: the same, or the first of its identity.
  size_t source_of(size_t argument) const {
    for (size_t i = 0; i < request_.inputs.size(); ++i)
      if (request_.inputs[i] == TraceInput{TraceInput::Kind::argument, static_cast<int>(argument)})
        if (const int first = request_.tracked[i]; first != JointRequest::kUntracked) {
          const TraceInput &source = request_.inputs[static_cast<size_t>(first)];
          if (source.kind == TraceInput::Kind::argument)
            return static_cast<size_t>(source.index);
        }
    return argument;
  }

  GradientLeaf leaf(size_t input) const { return leaf_of(request_.trace, request_.inputs[input], arguments_); }

  int id_of(const Tensor &tensor) {
    return tensor.defined() ? recorder_.value_of(tensor, request_.trace.name.c_str(), {}) : Trace::kUndefined;
  }

  void record_ops(runtime::Tape &tape, JointTrace &joint) {
    for (size_t i = 0; i < request_.inputs.size(); ++i)
      if (request_.tracked[i] == static_cast<int>(i) && is_floating(type_of(request_.trace, request_.inputs[i]).dtype))
        tape.watch(leaf(i), {});
    const std::vector<Tensor> results = interpret(request_.trace, arguments_, tape);
    for (const Tensor &result : results)
      joint.results.push_back(id_of(result));
    joint.forward_end = static_cast<int>(recorder_.trace().ops.size());

    const size_t first_dy = request_.trace.arguments.size(), first_sum = first_dy + request_.values.size();
    std::vector<std::pair<GradientLeaf, Tensor>> seeds;
    const auto result_of = [&](size_t value) {
      const auto result = std::ranges::find(request_.trace.results, request_.values[value]);
      return results[static_cast<size_t>(result - request_.trace.results.begin())];
    };
    for (size_t j = 0; j < request_.values.size(); ++j)
      if (request_.dys[j] && tape.tracks(result_of(j)))
        seeds.emplace_back(GradientLeaf{result_of(j), nullptr}, tensors_[first_dy + j]);
    std::vector<GradientLeaf> sources;
    for (size_t i = 0; i < request_.inputs.size(); ++i) {
      if (request_.sums[i])
        seeds.emplace_back(leaf(i), tensors_[first_sum + i]);
      if (request_.needed[i])
        sources.push_back(leaf(i));
    }
    const auto is_needed = [&](size_t value) {
      return value < request_.needed_values.size() && request_.needed_values[value];
    };
    for (size_t j = 0; j < request_.values.size(); ++j)
      if (is_needed(j))
        sources.push_back({result_of(j), nullptr});
    const std::vector<Tensor> gradients = tape.pull_back(seeds, sources, {});
    auto next = gradients.begin();
    for (size_t i = 0; i < request_.inputs.size(); ++i)
      joint.gradients.push_back(request_.needed[i] ? id_of(*next++) : Trace::kUndefined);
    for (size_t j = 0; j < request_.values.size(); ++j)
      joint.gradients.push_back(is_needed(j) ? id_of(*next++) : Trace::kUndefined);
  }

  const JointRequest &request_;
  Recorder recorder_;
  const std::vector<Tensor> tensors_;
  std::vector<Variable> variables_;
  detail::FlatArguments arguments_;
};

} // namespace

namespace {

/// By an op, or as an argument of a call whose gradient is the user's.
bool reads_variable(const Trace &trace, int variable) {
  const auto reads = [&](const TraceOp &op) {
    return op.variable == variable && op.def->effect == ops::Effect::reads_variable;
  };
  const auto takes = [&](const TraceCustomGradient &custom) {
    return std::ranges::find(custom.operands, variable, &TraceCustomGradient::Operand::variable) !=
           custom.operands.end();
  };
  return std::ranges::any_of(trace.ops, reads) || std::ranges::any_of(trace.custom_gradients, takes);
}

} // namespace

std::vector<TraceInput> inputs_of(const Trace &trace) {
  std::vector<TraceInput> inputs;
  const auto add = [&](TraceInput::Kind kind, size_t index) { inputs.push_back({kind, static_cast<int>(index)}); };
  for (size_t i = 0; i < trace.arguments.size(); ++i)
    if (trace.arguments[i] != Trace::kUndefined)
      add(TraceInput::Kind::argument, i);
  for (size_t i = 0; i < trace.captured.size(); ++i)
    if (trace.captured[i].defined())
      add(TraceInput::Kind::captured, i);
  for (const auto &[value, tensor] : trace.captured_numbers)
    add(TraceInput::Kind::number, static_cast<size_t>(value));
  for (size_t i = 0; i < trace.variables.size(); ++i)
    if (reads_variable(trace, static_cast<int>(i)))
      add(TraceInput::Kind::variable, i);
  return inputs;
}

GradientLeaf leaf_of(const Trace &trace, const TraceInput &input, const detail::FlatArguments &arguments) {
  switch (input.kind) {
  case TraceInput::Kind::argument:
    return {*arguments.tensors.data()[input.index], nullptr};
  case TraceInput::Kind::captured:
    return {trace.captured[static_cast<size_t>(input.index)], nullptr};
  case TraceInput::Kind::number:
    return {trace.captured_numbers.at(input.index), nullptr};
  case TraceInput::Kind::variable:
    break;
  }
  return {{}, trace.state_of(trace.variables[static_cast<size_t>(input.index)], arguments)};
}

ops::TensorType type_of(const Trace &trace, const TraceInput &input) {
  switch (input.kind) {
  case TraceInput::Kind::argument:
    return trace.type(trace.arguments[static_cast<size_t>(input.index)]);
  case TraceInput::Kind::captured:
    return trace.type(trace.captured_values[static_cast<size_t>(input.index)]);
  case TraceInput::Kind::number:
    return trace.type(input.index);
  case TraceInput::Kind::variable:
    break;
  }
  return trace.variables[static_cast<size_t>(input.index)].type;
}

std::vector<bool> JointTrace::used_values() const {
  std::vector<bool> used(trace.values.size());
  for (size_t op = static_cast<size_t>(forward_end); op < trace.ops.size(); ++op)
    for (const int operand : trace.ops[op].operands)
      used[static_cast<size_t>(operand)] = true;
  const auto use = [&](int value) {
    if (value != Trace::kUndefined)
      used[static_cast<size_t>(value)] = true;
  };
  for (const int gradient : gradients)
    use(gradient);
  for (const TraceCustomGradient &custom : trace.custom_gradients)
    if (custom.position > forward_end) {
      for (const TraceCustomGradient::Operand &operand : custom.operands)
        use(operand.value);
      for (const int value : custom.values)
        use(value);
    }
  return used;
}

std::vector<int> JointTrace::residuals() const {
  const std::vector<bool> used = used_values();
  std::vector<int> residuals;
  for (size_t value = 0; value < used.size(); ++value) {
    const TraceValue &entry = trace.values[value];
    if (used[value] && entry.origin == Origin::result && entry.index < forward_end &&
        !is_constant(trace.ops[static_cast<size_t>(entry.index)]))
      residuals.push_back(static_cast<int>(value));
  }
  return residuals;
}

std::vector<bool> JointTrace::used_arguments() const {
  const std::vector<bool> used = used_values();
  std::vector<bool> arguments;
  for (const int argument : trace.arguments)
    arguments.push_back(argument != Trace::kUndefined && used[static_cast<size_t>(argument)]);
  return arguments;
}

JointTrace record_joint(const JointRequest &request) { return JointRecording(request).record(); }

} // namespace etch::tracer
