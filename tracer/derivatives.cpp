// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions that a Differentiable is called by and that its gradients are.
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/differentiable.h"
#include "tracer/slice_trace.h"

#include <algorithm>

namespace etch::tracer {

std::vector<int> Differentiable::value_ids() const {
  std::vector<int> ids;
  for (const Value &value : values_)
    ids.push_back(value.id);
  return ids;
}

std::vector<bool> Differentiable::reached_from(int value, int variable, bool by_gradients) const {
  std::vector<bool> reached(trace_.values.size());
  if (value != Trace::kUndefined)
    reached[static_cast<size_t>(value)] = true;
  auto custom = trace_.custom_gradients.begin();
  // A gradient of the user's takes the place of the operations before it.
  const auto pass_custom = [&](const TraceOp *next) {
    for (; custom != trace_.custom_gradients.end() && trace_.ops.data() + custom->position == next; ++custom) {
      const bool is_reached = std::ranges::any_of(custom->operands, [&](const auto &operand) {
        return operand.value != Trace::kUndefined ? reached[static_cast<size_t>(operand.value)]
                                                  : operand.variable >= 0 && operand.variable == variable;
      });
      for (const int result : custom->results)
        if (result != Trace::kUndefined && result != value)
          reached[static_cast<size_t>(result)] =
              is_reached && (!by_gradients || is_floating(trace_.type(result).dtype));
    }
  };
  for (const TraceOp &op : trace_.ops) {
    pass_custom(&op);
    const bool reads = op.def->effect == ops::Effect::reads_variable;
    const auto is_reached = [&](int operand) { return reached[static_cast<size_t>(operand)]; };
    if (!(reads && op.variable == variable) && !std::ranges::any_of(op.operands, is_reached))
      continue;
    for (const int result : op.results)
      if (!by_gradients || ((reads || *op.def->vjp != '\0') && is_floating(trace_.type(result).dtype)))
        reached[static_cast<size_t>(result)] = true;
  }
  pass_custom(trace_.ops.data() + trace_.ops.size());
  return reached;
}

Differentiable::Reach Differentiable::reach(bool by_gradients) const {
  Reach reach;
  const auto add = [&](int from, int variable) {
    const std::vector<bool> reached = reached_from(from, variable, by_gradients);
    std::vector<bool> &values = reach.emplace_back();
    for (const Value &value : values_)
      values.push_back(value.id != from && reached[static_cast<size_t>(value.id)]);
  };
  for (const TraceInput &input : inputs_)
    add(value_of(input), input.kind == TraceInput::Kind::variable ? input.index : -1);
  for (const Value &value : values_)
    add(value.id, -1);
  return reach;
}

int Differentiable::value_of(const TraceInput &input) const {
  switch (input.kind) {
  case TraceInput::Kind::argument:
    return trace_.arguments[static_cast<size_t>(input.index)];
  case TraceInput::Kind::captured:
    return trace_.captured_values[static_cast<size_t>(input.index)];
  case TraceInput::Kind::number:
    return input.index;
  case TraceInput::Kind::variable:
    break;
  }
  return Trace::kUndefined;
}

const Differentiable::Reach &Differentiable::dependences() const {
  std::lock_guard lock(mutex_);
  if (!dependences_)
    dependences_ = reach(false);
  return *dependences_;
}

const Differentiable::Reach &Differentiable::connections() const {
  std::lock_guard lock(mutex_);
  if (!connections_)
    connections_ = reach(true);
  return *connections_;
}

namespace {

/// The gradient of the user's that leads from a result of the op to operands, whatever lies between; or null.
const TraceCustomGradient *custom_gradient_of(const Trace &trace, const TraceOp &op) {
  const auto is_of_it = [&](const TraceCustomGradient &custom) {
    return std::ranges::find_first_of(custom.results, op.results) != custom.results.end();
  };
  const auto found = std::ranges::find_if(trace.custom_gradients, is_of_it);
  return found == trace.custom_gradients.end() ? nullptr : &*found;
}

} // namespace

std::string Differentiable::cut_between(std::span<const size_t> inputs, const std::vector<bool> &from,
                                        const std::vector<bool> &to) const {
  std::vector<bool> depends(trace_.values.size()), reaches(trace_.values.size());
  std::vector<bool> variables(trace_.variables.size());
  for (size_t i = 0; i < from.size(); ++i) {
    if (!from[i])
      continue;
    const TraceInput *input = i < inputs.size() ? &inputs_[inputs[i]] : nullptr;
    if (input && input->kind == TraceInput::Kind::variable)
      variables[static_cast<size_t>(input->index)] = true;
    else
      depends[static_cast<size_t>(input ? value_of(*input) : values_[i - inputs.size()].id)] = true;
  }
  for (size_t j = 0; j < to.size(); ++j)
    if (to[j])
      reaches[static_cast<size_t>(values_[j].id)] = true;
  const auto any = [](const std::vector<bool> &marked, const std::vector<int> &values) {
    return std::ranges::any_of(values, [&](int value) { return marked[static_cast<size_t>(value)]; });
  };
  const auto reads = [&](const TraceOp &op) {
    return op.def->effect == ops::Effect::reads_variable && variables[static_cast<size_t>(op.variable)];
  };
  const auto depends_on = [&](const TraceCustomGradient::Operand &operand) {
    return operand.variable >= 0 ? variables[static_cast<size_t>(operand.variable)]
                                 : operand.value >= 0 && depends[static_cast<size_t>(operand.value)];
  };
  for (const TraceOp &op : trace_.ops) {
    const TraceCustomGradient *custom = custom_gradient_of(trace_, op);
    if (custom ? std::ranges::any_of(custom->operands, depends_on) : reads(op) || any(depends, op.operands))
      for (const int result : op.results)
        depends[static_cast<size_t>(result)] = true;
  }
  for (size_t op = trace_.ops.size(); op-- > 0;) {
    if (!any(reaches, trace_.ops[op].results))
      continue;
    if (const TraceCustomGradient *custom = custom_gradient_of(trace_, trace_.ops[op])) {
      for (const TraceCustomGradient::Operand &operand : custom->operands)
        if (operand.value >= 0)
          reaches[static_cast<size_t>(operand.value)] = true;
      continue;
    }
    for (const int operand : trace_.ops[op].operands)
      reaches[static_cast<size_t>(operand)] = true;
  }
  for (const TraceOp &op : trace_.ops) {
    if (op.def->effect == ops::Effect::reads_variable || op.results.empty() || custom_gradient_of(trace_, op))
      continue;
    const bool passes = *op.def->vjp != '\0' && is_floating(trace_.type(op.results.front()).dtype);
    if (!passes && any(depends, op.operands) && any(reaches, op.results))
      return std::string(" ") + op.def->name + place(op.location);
  }
  return {};
}

bool Differentiable::is_floating_input(size_t input) const {
  return is_floating(type_of(trace_, inputs_[input]).dtype);
}

JointTrace Differentiable::joint_of_all(std::span<const int> tracked) const {
  const std::vector<int> values = value_ids();
  JointRequest request{trace_, inputs_, tracked, values, {}, std::vector<bool>(inputs_.size()), {}};
  for (const Value &value : values_)
    request.dys.push_back(is_floating(trace_.type(value.id).dtype));
  for (size_t i = 0; i < inputs_.size(); ++i)
    request.needed.push_back(tracked[i] == static_cast<int>(i) && is_floating_input(i));
  return record_joint(request);
}

std::shared_ptr<const Differentiable> Differentiable::extended(const JointTrace &joint) const {
  std::vector<int> results = joint.results;
  for (const int residual : joint.residuals())
    if (std::ranges::find(results, residual) == results.end())
      results.push_back(residual);
  const std::span<const int> arguments(joint.trace.arguments.data(), trace_.arguments.size());
  Trace trace = slice(joint.trace, 0, joint.forward_end, arguments, results);
  trace.argument_paths = trace_.argument_paths;
  trace.leaves = trace_.leaves;
  return std::make_shared<Differentiable>(std::move(trace), listener_);
}

std::vector<size_t> Differentiable::operands_of(const Differentiable &of, std::span<const int> tracked) const {
  const auto is_same = [&](const TraceInput &a, const TraceInput &b) {
    if (a.kind != b.kind)
      return false;
    const auto index = [](int i) { return static_cast<size_t>(i); };
    switch (a.kind) {
    case TraceInput::Kind::argument:
      return a.index == b.index;
    case TraceInput::Kind::captured:
      return of.trace_.captured[index(a.index)].node() == trace_.captured[index(b.index)].node();
    case TraceInput::Kind::number:
      return of.trace_.captured_numbers.at(a.index).node() == trace_.captured_numbers.at(b.index).node();
    case TraceInput::Kind::variable:
      break;
    }
    const TraceVariable &x = of.trace_.variables[index(a.index)], &y = trace_.variables[index(b.index)];
    return x.argument == y.argument && x.state == y.state;
  };
  std::vector<size_t> operands;
  for (size_t i = 0; i < of.inputs_.size(); ++i)
    for (size_t own = 0; own < inputs_.size(); ++own)
      if (tracked[own] == static_cast<int>(own) && is_same(of.inputs_[i], inputs_[own]))
        operands.push_back(i);
  return operands;
}

void Differentiable::mark_kept(const JointTrace &joint, Forward &forward) const {
  const Differentiable &extended = *forward.extended;
  const std::vector<bool> used = joint.used_arguments();
  forward.kept_inputs.clear();
  for (const TraceInput &input : extended.inputs_)
    forward.kept_inputs.push_back(input.kind == TraceInput::Kind::argument &&
                                  (used[static_cast<size_t>(input.index)] || !trace_.symbols.empty()));
  // The results of the extended trace begin with those of this one and have what is used as others.
  const std::vector<int> residuals = joint.residuals();
  forward.kept_values.assign(extended.values_.size(), false);
  const auto keep = [&](size_t result) {
    if (const Place &place = extended.places_[result]; place.kind == Place::Kind::value)
      forward.kept_values[static_cast<size_t>(place.index)] = true;
  };
  size_t next = joint.results.size();
  for (const int residual : residuals) {
    const auto known = std::ranges::find(joint.results, residual);
    keep(known != joint.results.end() ? static_cast<size_t>(known - joint.results.begin()) : next++);
  }
}

Differentiable::Forward Differentiable::make_forward(const Tracked &tracked) const try {
  JointTrace joint = joint_of_all(tracked.inputs);
  Forward forward{extended(joint), {}, {}, {}};
  forward.operands = operands_of(*forward.extended, tracked.inputs);
  mark_kept(joint, forward);
  // Where gradients have gradients, these need results for the values that those have used.
  while (tracked.is_closed) {
    const Differentiable &before = *forward.extended;
    std::vector<int> same(before.inputs_.size(), JointRequest::kUntracked);
    for (const size_t operand : forward.operands)
      same[operand] = static_cast<int>(operand);
    joint = before.joint_of_all(same);
    Forward next{before.extended(joint), {}, {}, {}};
    next.operands = before.operands_of(*next.extended, same);
    before.mark_kept(joint, next);
    const bool is_done = next.extended->values_.size() == before.values_.size();
    forward = std::move(next);
    if (is_done)
      break;
  }
  return forward;
} catch (const Error &) { // which a tape raises when it is asked
  return {};
}

const Differentiable::Forward &Differentiable::forward(const Tracked &tracked) const {
  std::lock_guard lock(mutex_);
  const auto known = forwards_.find(tracked);
  return known != forwards_.end() ? known->second : forwards_.emplace(tracked, make_forward(tracked)).first->second;
}

Differentiable::Backward Differentiable::make_backward(const std::vector<size_t> &operands,
                                                       const BackwardKey &key) const {
  std::vector<int> tracked(inputs_.size(), JointRequest::kUntracked);
  for (const size_t operand : operands)
    tracked[operand] = static_cast<int>(operand);
  const std::vector<int> values = value_ids();
  const JointRequest request{trace_, inputs_, tracked, values, key.dys, key.sums, key.needed, key.needed_values};
  const JointTrace joint = record_joint(request);

  Backward backward;
  std::vector<int> arguments, results;
  using Kind = Backward::Argument::Kind;
  const auto add = [&](Kind kind, size_t index, int value) {
    backward.arguments.push_back({kind, index});
    arguments.push_back(value);
  };
  const std::vector<bool> used = joint.used_arguments();
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const auto position = static_cast<size_t>(inputs_[i].index);
    if (inputs_[i].kind == TraceInput::Kind::argument && (used[position] || !trace_.symbols.empty()))
      add(Kind::input, i, joint.trace.arguments[position]);
  }
  for (const int residual : joint.residuals()) {
    const auto result = std::ranges::find(joint.results, residual);
    ETCH_CHECK(result != joint.results.end()) << trace_.name << " does not return what its gradient uses";
    add(Kind::value, static_cast<size_t>(places_[static_cast<size_t>(result - joint.results.begin())].index), residual);
  }
  for (size_t j = 0; j < values_.size(); ++j)
    if (used[trace_.arguments.size() + j])
      add(Kind::dy, j, joint.dy(request, j));
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (used[trace_.arguments.size() + values_.size() + i])
      add(Kind::sum, i, joint.sum(request, i));
  for (const int gradient : joint.gradients) {
    backward.results.push_back(gradient == Trace::kUndefined ? gradient : static_cast<int>(results.size()));
    if (gradient != Trace::kUndefined)
      results.push_back(gradient);
  }
  Trace trace = slice(joint.trace, joint.forward_end, static_cast<int>(joint.trace.ops.size()), arguments, results);
  trace.name += "_gradient";
  backward.function = std::make_shared<Differentiable>(std::move(trace), listener_);
  return backward;
}

const Differentiable::Backward &Differentiable::backward(const std::vector<size_t> &operands,
                                                         const BackwardKey &key) const {
  std::lock_guard lock(mutex_);
  const auto known = backwards_.find({operands, key});
  return known != backwards_.end()
             ? known->second
             : backwards_.emplace(std::pair(operands, key), make_backward(operands, key)).first->second;
}

} // namespace etch::tracer
