// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients that are not those of the operations: the user's own, and those of what is computed again.
#include "runtime/custom_gradient.h"

#include "runtime/call_expr.h"
#include "runtime/tape.h"
#include "runtime/variable_state.h"
#include "support/require.h"

#include <etch/gradient.h>

#include <algorithm>

namespace etch::runtime {
namespace {

using detail::GradientLeaf;

ops::TensorType type_of_leaf(const GradientLeaf &leaf, Location location) {
  if (leaf.variable)
    return {leaf.variable->dtype, leaf.variable->shape};
  return Dispatcher::current().type_of(leaf.tensor, "custom_gradient", location);
}

bool is_floating_leaf(const GradientLeaf &leaf) {
  return leaf.variable ? is_floating(leaf.variable->dtype) : leaf.tensor.defined() && is_floating(leaf.tensor.dtype());
}

} // namespace

CustomCall::CustomCall(std::span<const GradientLeaf> operands, std::span<const Tensor> results,
                       detail::Pullback pullback, Location location)
    : pullback_(std::move(pullback)) {
  for (const GradientLeaf &operand : operands)
    operands_.push_back(is_floating_leaf(operand) ? std::optional(type_of_leaf(operand, location)) : std::nullopt);
  for (const Tensor &result : results)
    results_.push_back(result.defined() && is_floating(result.dtype())
                           ? std::optional(type_of_leaf({result, nullptr}, location))
                           : std::nullopt);
}

std::vector<Tensor> CustomCall::pull(std::span<const Tensor> dys, std::span<const Tensor>,
                                     const std::vector<bool> &needed, Location location) const {
  CallExpr::Context context(Dispatcher::current(), nullptr, location);
  std::vector<Tensor> given(dys.begin(), dys.end());
  for (size_t j = 0; j < given.size(); ++j)
    if (!given[j].defined() && results_[j])
      given[j] = expansion::full(context, results_[j]->dims, ops::Scalar::of(results_[j]->dtype, 0.0)).tensor();
  std::vector<Tensor> gradients = pullback_(given);
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!needed[i] || !operands_[i])
      gradients[i] = {};
    if (!gradients[i].defined())
      continue;
    const ops::TensorType type = Dispatcher::current().type_of(gradients[i], name(), location);
    ETCH_REQUIRE(type.dtype == operands_[i]->dtype, ErrorCode::dtype, location)
        << name() << ": a gradient must have the dtype of its argument, got " << type.message_text() << " for "
        << operands_[i]->message_text();
    ETCH_REQUIRE(type.dims == operands_[i]->dims, ErrorCode::shape, location)
        << name() << ": a gradient must have the shape of its argument, got " << type.message_text() << " for "
        << operands_[i]->message_text();
  }
  gradients.resize(needed.size()); // no result leads to another
  return gradients;
}

void note_custom_call(std::span<const GradientLeaf> operands, std::span<Tensor> results,
                      const detail::Pullback &pullback, Location location) {
  Dispatcher &dispatcher = Dispatcher::current();
  const auto tapes = Tape::noting();
  if (tapes.empty() && !dispatcher.is_recording())
    return;
  auto call = std::make_shared<CustomCall>(operands, results, pullback, location);
  dispatcher.base().custom_call(operands, results, *call, location);
  for (const auto &tape : tapes)
    tape->note(call, operands, results, location);
}

} // namespace etch::runtime

namespace etch::detail {

void note_custom_gradient(const GradientLeaves &operands, std::vector<Tensor> &results, Pullback pullback,
                          Location location) {
  if (!runtime::Dispatcher::current().is_recording() && runtime::Tape::noting().empty())
    return;
  for (Tensor &result : results)
    result = with_own_identity(result, location);
  runtime::note_custom_call(operands.leaves, results, pullback, location);
}

std::vector<Tensor> gradients_of(const GradientLeaves &gradients, size_t count, Location location) {
  ETCH_REQUIRE(gradients.leaves.size() == count, ErrorCode::invalid_argument, location)
      << "custom_gradient: there must be one gradient for each tensor and Variable among the arguments, got "
      << gradients.leaves.size() << " for " << count;
  std::vector<Tensor> tensors;
  for (const GradientLeaf &leaf : gradients.leaves)
    tensors.push_back(leaf.tensor);
  return tensors;
}

std::vector<Variable> run_unnoted(const std::function<void()> &run, const GradientLeaves &arguments,
                                  Location location) {
  const auto collector = runtime::Tape::begin_collecting(location);
  std::vector<std::pair<std::shared_ptr<runtime::Tape>, bool>> paused; // and whether each was before
  for (const auto &tape : runtime::Tape::noting())
    paused.emplace_back(tape, tape->pause(true));
  const std::shared_ptr<void> end(nullptr, [&](void *) {
    for (const auto &[tape, was_paused] : paused)
      tape->pause(was_paused);
    collector->end();
  });
  run();
  std::vector<Variable> variables;
  for (const auto &state : collector->collected())
    if (std::ranges::find(arguments.leaves, state, &GradientLeaf::variable) == arguments.leaves.end())
      variables.emplace_back(state);
  return variables;
}

Tensor recomputed(const Tensor &tensor, Location location) {
  static const ops::OpDef &op = *ops::find_op("recomputed");
  return tensor.defined() ? runtime::call_op(op, std::vector<Tensor>{tensor}, {}, location) : tensor;
}

std::vector<Tensor> recomputed_gradients(const std::function<GradientLeaves()> &run, const GradientLeaves &sources,
                                         const GradientLeaves &dys, Location location) {
  const auto tape = runtime::Tape::begin({.watch_accessed_variables = false}, location);
  const std::shared_ptr<void> end(nullptr, [&](void *) { tape->end(); });
  GradientLeaves floating, targets;
  for (const GradientLeaf &source : sources.leaves)
    if (runtime::is_floating_leaf(source)) {
      tape->watch(source, location);
      floating.leaves.push_back(source);
    }
  GradientOptions options;
  const GradientLeaves results = run();
  for (size_t j = 0; j < results.leaves.size(); ++j)
    if (runtime::is_floating_leaf(results.leaves[j])) {
      targets.leaves.push_back(results.leaves[j]);
      options.output_gradients.push_back(dys.leaves[j].tensor);
    }
  const std::vector<Tensor> gradients = tape->gradient(targets, floating, options, location);
  std::vector<Tensor> all;
  auto next = gradients.begin();
  for (const GradientLeaf &source : sources.leaves)
    all.push_back(runtime::is_floating_leaf(source) ? *next++ : Tensor());
  return all;
}

} // namespace etch::detail
