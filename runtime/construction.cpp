// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/construction.h"

#include "runtime/variable_state.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace etch::runtime {
namespace {

using State = std::shared_ptr<detail::VariableState>;

/// Copies of the Variables that this thread's constructors use.
std::map<State, State> &copies() {
  static thread_local std::map<State, State> copies;
  return copies;
}

/// Those that its constructors have made, which are written as they are.
std::set<State> &made() {
  static thread_local std::set<State> made;
  return made;
}

const State &copy_of(const State &state) {
  State &copy = copies()[state];
  if (!copy) {
    std::lock_guard lock(state->mutex);
    copy.reset(new detail::VariableState{
        {}, state->value, state->name, state->trainable, state->dtype, state->shape, state->created_at});
  }
  return copy;
}

class ConstructionDispatcher final : public Dispatcher {
public:
  void call(const OpCall &call, std::span<Tensor> results) override {
    if (ops::is_output(call.op.effect))
      return;
    OpCall here = call;
    if (call.variable && !made().contains(*call.variable))
      here.variable = &copy_of(*call.variable);
    eager().call(here, results);
  }
  void check(const OpCall &function) override { eager().check(function); }
  void variable_created(const State &state) override { made().insert(state); }
  Tensor literal(const ops::Scalar &value, Location location) override { return eager().literal(value, location); }
};

} // namespace

Dispatcher &construction_dispatcher() {
  static ConstructionDispatcher dispatcher;
  return dispatcher;
}

void end_construction() {
  copies().clear();
  made().clear();
}

} // namespace etch::runtime
