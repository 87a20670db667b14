// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/initial_values.h"

#include "runtime/concrete_tensor.h"
#include "runtime/variable_state.h"
#include "tracer/recorder.h"

#include <etch/detail/operand.h>
#include <etch/function.h>
#include <etch/variable.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace etch::tracer {
namespace {

using State = std::shared_ptr<detail::VariableState>;

class InitialValues final : public runtime::Dispatcher {
public:
  InitialValues(Recorder &recorder, const std::string &variable, Location location)
      : recorder_(recorder), variable_(variable), location_(location) {}

  void call(const runtime::OpCall &call, std::span<Tensor> results) override {
    const std::vector<Tensor> operands = values_of(call.operands);
    runtime::OpCall here{call.op, operands, call.attrs, call.variable, call.location, call.caller};
    if (ops::is_output(call.op.effect)) {
      recorder_.call(here, results);
      recorder_.serve_this_call_alone();
      return;
    }
    const bool is_own = call.variable && created_.contains(call.variable->get());
    if (call.variable && !is_own)
      here.variable = &copy_of(*call.variable);
    eager().call(here, results);
    if (call.op.effect == ops::Effect::writes_variable && !is_own &&
        std::ranges::find(written_, *call.variable) == written_.end())
      written_.push_back(*call.variable);
  }

  void check(const runtime::OpCall &function) override {
    const std::vector<Tensor> operands = values_of(function.operands);
    eager().check({function.op, operands, function.attrs, function.variable, function.location, function.caller});
  }

  Tensor literal(const ops::Scalar &value, Location location) override { return eager().literal(value, location); }
  Tensor initial_value(const Tensor &tensor, const std::string &, Location) override { return value_of(tensor); }
  ops::TensorType type_of(const Tensor &tensor, const char *what, Location location) override {
    return runtime::type_of(value_of(tensor), what, location);
  }
  Location call_site() const override { return recorder_.call_site(); }
  void variable_created(const State &state) override { created_.emplace(state.get(), state); }
  void keep(const std::shared_ptr<const void> &object) override { recorder_.keep(object); }

  Tensor value_of(const Tensor &tensor) {
    if (!tensor.is_symbolic())
      return tensor;
    const auto known = std::ranges::find(known_, tensor.node(), [](const auto &pair) { return pair.first.node(); });
    if (known != known_.end())
      return known->second;
    known_.emplace_back(tensor, recorder_.initial_value(tensor, variable_, location_));
    return known_.back().second;
  }

  /// Makes what has been written an effect of the trace.
  void finish() {
    for (const State &state : written_) {
      Variable(state).assign(copy_of(state)->value);
      recorder_.serve_this_call_alone();
    }
  }

private:
  std::vector<Tensor> values_of(std::span<const Tensor> tensors) {
    std::vector<Tensor> values;
    for (const Tensor &tensor : tensors)
      values.push_back(value_of(tensor));
    return values;
  }

  const State &copy_of(const State &state) {
    State &copy = copies_[state];
    if (!copy)
      copy = variable_apart(recorder_.variable_value(state, variable_, location_), state->name);
    return copy;
  }

  Recorder &recorder_;
  const std::string &variable_;
  const Location location_;
  std::vector<std::pair<Tensor, Tensor>> known_;           // values of the trace, and what they are
  std::map<State, State> copies_;                          // of Variables, as they are here
  std::map<const detail::VariableState *, State> created_; // which nobody has to be told of
  std::vector<State> written_;
};

} // namespace

Tensor initial_value(const std::function<Tensor()> &make, const std::string &variable, Location location) {
  runtime::Dispatcher &base = runtime::Dispatcher::current().base();
  const auto made_in = [&](runtime::Dispatcher &dispatcher) {
    const runtime::DispatcherScope scope(dispatcher);
    const Tensor made = make();
    return made.defined() ? dispatcher.initial_value(made, variable, location) : made;
  };
  auto *recorder = dynamic_cast<Recorder *>(&base);
  if (!recorder)
    return made_in(base);
  InitialValues values(*recorder, variable, location);
  const Tensor made = [&] {
    const RunFunctionsEagerly eagerly;
    return made_in(values);
  }();
  values.finish();
  return made;
}

} // namespace etch::tracer
