// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tape.h"

#include "ops/rules.h"
#include "runtime/concrete_tensor.h"
#include "runtime/donated_tensor.h"
#include "runtime/eager_dispatcher.h"
#include "runtime/variable_state.h"
#include "support/require.h"

#include <algorithm>

namespace etch::runtime {
namespace {

/// Tapes that ended where they could not be taken out, since a scope that is open would make them current again. They
/// pass calls on until then.
thread_local std::vector<std::shared_ptr<Tape>> ended_tapes;

} // namespace

Tensor alias(const Tensor &tensor) {
  const ConcreteNode &node = concrete(tensor);
  InlineVector<int64_t, 6> strides(static_cast<size_t>(node.shape.rank()));
  strides_of(node, &strides[0]);
  return make_view(tensor, node.shape, offset_of(node), strides);
}

std::shared_ptr<Tape> Tape::begin(const TapeOptions &options, Location made_at) {
  std::erase_if(ended_tapes, [](const std::shared_ptr<Tape> &tape) { return tape->take_out(); });
  const std::shared_ptr<Tape> tape(new Tape(options, made_at));
  tape->inner_ = &Dispatcher::current();
  tape->previous_ = Dispatcher::exchange_current(tape.get());
  return tape;
}

std::shared_ptr<Tape> Tape::begin_collecting(Location made_at) {
  std::shared_ptr<Tape> tape = begin({}, made_at);
  tape->collects_ = true;
  return tape;
}

std::optional<Tape *> Tape::above() const {
  Tape *above = nullptr;
  for (Dispatcher *at = &Dispatcher::current(); at->is_tape(); at = above->inner_) {
    if (at == this)
      return above;
    above = static_cast<Tape *>(at);
  }
  return std::nullopt;
}

bool Tape::take_out() {
  if (is_out_)
    return true;
  const auto tape_above = above();
  if (!tape_above)
    return false;
  is_out_ = true;
  if (*tape_above) {
    (*tape_above)->inner_ = inner_;
    (*tape_above)->previous_ = previous_;
  } else {
    Dispatcher::exchange_current(previous_);
  }
  return true;
}

void Tape::end() {
  if (has_ended_)
    return;
  has_ended_ = true;
  forget();
  if (!take_out() && std::this_thread::get_id() == thread_)
    ended_tapes.push_back(shared_from_this());
}

void Tape::forget() {
  calls_.clear();
  values_.clear();
  ids_.clear();
  variables_.clear();
  kept_.clear();
}

void Tape::require_usable(const char *what, Location location) const {
  ETCH_REQUIRE(std::this_thread::get_id() == thread_, ErrorCode::invalid_argument, location)
      << what << ": a tape must be used by the thread that made it, got one" << place(made_at_, " made at ")
      << " by another thread";
  ETCH_REQUIRE(!has_given_, ErrorCode::invalid_argument, location)
      << what << ": the tape" << place(made_at_, " made at ") << " has given its gradients" << place(given_at_)
      << help("make it with TapeOptions::persistent, or ask for all sources at once");
  if (above())
    return;
  const bool is_inside = Dispatcher::current().is_recording();
  ETCH_REQUIRE(false, ErrorCode::invalid_argument, location)
      << what << ": the tape" << place(made_at_, " made at ")
      << (is_inside ? " lies outside the function that is traced" : " belongs to a function that has ended")
      << help(is_inside ? "make a tape inside the function, or ask it outside" : "ask it before the function returns");
}

void Tape::reset(Location location) {
  require_usable("reset", location);
  forget();
}

int Tape::find(const Tensor &tensor) const {
  const auto found = ids_.find(tensor.node());
  return found == ids_.end() ? -1 : found->second;
}

int Tape::track(Tensor &tensor) {
  if (!tensor.is_symbolic() && ids_.contains(tensor.node()))
    tensor = alias(tensor);
  const int id = static_cast<int>(values_.size());
  ids_[tensor.node()] = id;
  values_.push_back(tensor);
  return id;
}

int Tape::variable_id(const std::shared_ptr<detail::VariableState> &state) {
  const auto [found, is_new] = variables_.emplace(state.get(), static_cast<int>(values_.size()));
  if (is_new) {
    values_.emplace_back();
    kept_.push_back(state);
  }
  return found->second;
}

void Tape::watch(const detail::GradientLeaf &leaf, Location location) {
  require_usable("watch", location);
  if (!leaf.variable) {
    ETCH_REQUIRE(leaf.tensor.defined(), ErrorCode::invalid_argument, location)
        << "watch: the tensor must be defined, got an undefined one";
    require_not_donated(leaf.tensor, "watch", location);
  }
  const DType dtype = leaf.variable ? leaf.variable->dtype : leaf.tensor.dtype();
  ETCH_REQUIRE(is_floating(dtype), ErrorCode::dtype, location)
      << "watch: there are gradients of floats alone, got "
      << (leaf.variable ? spec_text(dtype, leaf.variable->shape) : spec_text(leaf.tensor));
  if (leaf.variable) {
    variable_id(leaf.variable);
  } else if (find(leaf.tensor) < 0) {
    Tensor watched = leaf.tensor;
    track(watched);
  }
}

std::vector<int> Tape::operand_ids(const OpCall &call) const {
  std::vector<int> ids;
  bool any = false;
  for (const Tensor &operand : call.operands) {
    ids.push_back(find(operand));
    any |= ids.back() >= 0;
  }
  return any ? ids : std::vector<int>();
}

void Tape::call(const OpCall &call, std::span<Tensor> results) {
  if (call.op.effect == ops::Effect::reads_variable)
    return read_variable(call, results[0]);
  if (is_paused_ || has_ended_ || collects_)
    return inner_->call(call, results);
  std::vector<int> ids = results.empty() ? std::vector<int>() : operand_ids(call);
  if (ids.empty())
    return inner_->call(call, results);
  if (call.op.op_class == ops::OpClass::composite && *call.op.vjp == '\0')
    return expand(call, results);
  inner_->call(call, results);
  ETCH_CHECK(results.size() == 1) << call.op.name;
  const int result = track(results[0]);
  calls_.push_back(
      {&call.op, call.attrs, call.location, {call.operands.begin(), call.operands.end()}, std::move(ids), {result}});
}

void Tape::read_variable(const OpCall &call, Tensor &result) {
  inner_->call(call, {&result, 1});
  const std::shared_ptr<detail::VariableState> &state = *call.variable;
  // The Variable's tensor may have been read before, or be known to a tape as what it was assigned from. One identity
  // for all tapes: the lowest one gives it.
  if (!result.is_symbolic() && !inner_->is_tape())
    result = alias(result);
  if (collects_)
    collect(state);
  if (is_paused_ || has_ended_ || collects_)
    return;
  const bool is_watched = variables_.contains(state.get()) || (options_.watch_accessed_variables && state->trainable);
  if (!is_watched || !is_floating(state->dtype))
    return;
  const int variable = variable_id(state), id = track(result);
  calls_.push_back({&call.op, {}, call.location, {}, {variable}, {id}});
}

std::vector<std::shared_ptr<Tape>> Tape::all() {
  std::vector<std::shared_ptr<Tape>> tapes;
  for (Dispatcher *at = &Dispatcher::current(); at->is_tape(); at = tapes.back()->inner_)
    tapes.push_back(static_cast<Tape *>(at)->shared_from_this());
  std::ranges::reverse(tapes);
  return tapes;
}

std::vector<std::shared_ptr<Tape>> Tape::noting() {
  auto tapes = all();
  std::erase_if(tapes, [](const auto &tape) { return tape->is_paused_ || tape->has_ended_ || tape->collects_; });
  return tapes;
}

std::vector<std::shared_ptr<Tape>> Tape::collecting() {
  auto tapes = all();
  std::erase_if(tapes, [](const auto &tape) { return !tape->collects_ || tape->has_ended_; });
  return tapes;
}

void Tape::collect(const std::shared_ptr<detail::VariableState> &variable) {
  if (is_floating(variable->dtype))
    variable_id(variable);
}

bool Tape::tracks(const detail::VariableState &variable) const {
  return is_floating(variable.dtype) &&
         (variables_.contains(&variable) || (options_.watch_accessed_variables && variable.trainable));
}

int Tape::id_of(const detail::GradientLeaf &leaf) const {
  return leaf.variable ? variables_.at(leaf.variable.get()) : find(leaf.tensor);
}

void Tape::note(std::shared_ptr<const NotedCall> call, std::span<const detail::GradientLeaf> operands,
                std::span<Tensor> results, Location location) {
  if (has_ended_) // by a callback of the call
    return;
  Noted noted{nullptr, {}, location, {}, {}, {}, std::move(call)};
  for (const detail::GradientLeaf &operand : operands)
    noted.operand_ids.push_back(!operand.variable           ? find(operand.tensor)
                                : tracks(*operand.variable) ? variable_id(operand.variable)
                                                            : -1);
  if (std::ranges::all_of(noted.operand_ids, [](int id) { return id < 0; })) {
    for (const Tensor &result : results) // which the operations behind it may lead to
      ids_.erase(result.node());
    return;
  }
  for (size_t j = 0; j < results.size(); ++j) {
    bool depends = false;
    for (size_t i = 0; i < operands.size(); ++i)
      depends = depends || (noted.operand_ids[i] >= 0 && noted.call->depends(j, i));
    noted.result_ids.push_back(depends ? track(results[j]) : -1);
  }
  noted.operand_ids.insert(noted.operand_ids.end(), noted.result_ids.begin(), noted.result_ids.end());
  calls_.push_back(std::move(noted));
}

void Tape::expand(const OpCall &call, std::span<Tensor> results) {
  inner_->check(call);
  if (!widens(call))
    return run_composite(call, results, *this);
  std::vector<ops::TensorType> types;
  for (const Tensor &operand : call.operands)
    types.push_back(inner_->type_of(operand, call.op.name, call.location));
  ops::InferContext lenient(false);
  run_widened(call, ops::infer(call.op, types, call.attrs, lenient, call.location), results, *this);
}

} // namespace etch::runtime
