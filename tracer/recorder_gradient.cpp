// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients that tapes compute in a recording: which ops they are, so that one op may stand for them.
#include "tracer/recorder.h"

#include <etch/detail/gradients.h>

#include <algorithm>

namespace etch::tracer {

void Recorder::gradient_computed(size_t first, const runtime::ComputedGradient &computed) {
  // Where extents are open, what shape rules have assumed for the calls belongs to them.
  if (first == trace_.ops.size() || !trace_.symbols.empty())
    return;
  TraceGradient gradient{};
  gradient.first = static_cast<int>(first);
  gradient.end = static_cast<int>(trace_.ops.size());
  gradient.location = computed.location;
  constexpr const char *what = "gradient";
  for (const auto &[target, seed] : computed.seeds) {
    gradient.targets.push_back(value_of(target, what, computed.location));
    gradient.seeds.push_back(value_of(seed, what, computed.location));
  }
  for (size_t i = 0; i < computed.sources.size(); ++i) {
    if (!computed.gradients[i].defined())
      continue;
    const detail::GradientLeaf &source = computed.sources[i];
    gradient.sources.push_back(
        source.variable
            ? TraceGradient::Source{Trace::kUndefined, variable_index(source.variable, what, computed.location)}
            : TraceGradient::Source{value_of(source.tensor, what, computed.location), -1});
    gradient.results.push_back(value_of(computed.gradients[i], what, computed.location));
  }
  if (gradient.results.empty() || uses_ops_from(gradient))
    return;
  gradient.unnoted = unnoted_ops(gradient, computed.noted);
  trace_.gradients.push_back(std::move(gradient));
}

bool Recorder::uses_ops_from(const TraceGradient &gradient) const {
  const auto is_made_later = [&](int id) {
    const TraceValue &value = trace_.values[static_cast<size_t>(id)];
    return value.origin == Origin::result && value.index >= gradient.first;
  };
  const auto is_later_source = [&](const TraceGradient::Source &source) {
    return source.variable < 0 && is_made_later(source.value);
  };
  return std::ranges::any_of(gradient.targets, is_made_later) || std::ranges::any_of(gradient.seeds, is_made_later) ||
         std::ranges::any_of(gradient.sources, is_later_source);
}

std::vector<int> Recorder::unnoted_ops(const TraceGradient &gradient, std::span<const Tensor *const> noted) const {
  std::vector<bool> is_noted(trace_.ops.size()), depends(trace_.values.size()), reaches(trace_.values.size());
  std::vector<bool> variables(trace_.variables.size());
  for (const Tensor *result : noted)
    if (const auto *node = dynamic_cast<const ValueNode *>(result->node()); node && node->recording == recording_)
      if (const TraceValue &value = trace_.values[static_cast<size_t>(node->value)]; value.origin == Origin::result)
        is_noted[static_cast<size_t>(value.index)] = true;
  for (const TraceGradient::Source &source : gradient.sources)
    if (source.variable >= 0)
      variables[static_cast<size_t>(source.variable)] = true;
    else
      depends[static_cast<size_t>(source.value)] = true;
  for (const int target : gradient.targets)
    reaches[static_cast<size_t>(target)] = true;
  const auto end = static_cast<size_t>(gradient.first);
  const auto any = [](const std::vector<bool> &marked, const std::vector<int> &values) {
    return std::ranges::any_of(values, [&](int value) { return marked[static_cast<size_t>(value)]; });
  };
  for (size_t op = end; op-- > 0;)
    if (any(reaches, trace_.ops[op].results))
      for (const int operand : trace_.ops[op].operands)
        reaches[static_cast<size_t>(operand)] = true;
  std::vector<int> unnoted;
  for (size_t i = 0; i < end; ++i) {
    const TraceOp &op = trace_.ops[i];
    const bool reads = op.def->effect == ops::Effect::reads_variable && variables[static_cast<size_t>(op.variable)];
    if (!reads && !any(depends, op.operands))
      continue;
    if (is_noted[i])
      for (const int result : op.results)
        depends[static_cast<size_t>(result)] = true;
    else if (any(reaches, op.results))
      unnoted.push_back(static_cast<int>(i));
  }
  return unnoted;
}

} // namespace etch::tracer
