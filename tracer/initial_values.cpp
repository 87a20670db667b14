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

/// Whose effects are meant to happen in this call alone, or in each call, when it begins.
enum class Effects { once, early };

class ValuesNow final : public runtime::Dispatcher {
public:
  ValuesNow(Recorder &recorder, Effects effects, const std::string &what, Location location)
      : recorder_(recorder), effects_(effects), what_(what), location_(location) {}

  void call(const runtime::OpCall &call, std::span<Tensor> results) override {
    const std::vector<Tensor> operands = values_of(call.operands);
    runtime::OpCall here{call.op, operands, call.attrs, call.variable, call.location, call.caller};
    if (ops::is_output(call.op.effect)) {
      if (effects_ == Effects::early && !recorder_.has_output())
        return eager().call(here, results);
      recorder_.serve_this_call_alone();
      return recorder_.call(here, results);
    }
    const bool writes = call.op.effect == ops::Effect::writes_variable;
    const bool is_apart = call.variable && is_kept_apart(*call.variable, writes);
    if (is_apart)
      here.variable = &copy_of(*call.variable);
    eager().call(here, results);
    if (is_apart && writes && std::ranges::find(written_, *call.variable) == written_.end())
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
    if (!tensor.is_symbolic() || effects_ == Effects::early) // other calls do not have it: an error where it is used
      return tensor;
    const auto known = std::ranges::find(known_, tensor.node(), [](const auto &pair) { return pair.first.node(); });
    if (known != known_.end())
      return known->second;
    known_.emplace_back(tensor, recorder_.initial_value(tensor, what_, location_));
    return known_.back().second;
  }

  /// Makes what has been written apart an effect of the trace.
  void finish() {
    for (const State &state : written_) {
      Variable(state).assign(copy_of(state)->value);
      recorder_.serve_this_call_alone();
    }
  }

private:
  bool is_kept_apart(const State &state, bool writes) {
    if (created_.contains(state.get()))
      return false;
    if (effects_ == Effects::once || copies_.contains(state))
      return true;
    const bool is_too_late = writes ? recorder_.has_used(*state) : recorder_.has_written(*state);
    if (is_too_late) // for calls that ask when they begin
      recorder_.serve_this_call_alone();
    return is_too_late;
  }

  std::vector<Tensor> values_of(std::span<const Tensor> tensors) {
    std::vector<Tensor> values;
    for (const Tensor &tensor : tensors)
      values.push_back(value_of(tensor));
    return values;
  }

  const State &copy_of(const State &state) {
    State &copy = copies_[state];
    if (!copy)
      copy = variable_apart(recorder_.variable_value(state, what_, location_), state->name);
    return copy;
  }

  Recorder &recorder_;
  const Effects effects_;
  const std::string &what_; // that is computed, for messages
  const Location location_;
  std::vector<std::pair<Tensor, Tensor>> known_;           // values of the trace, and what they are
  std::map<State, State> copies_;                          // of Variables, as they are here
  std::map<const detail::VariableState *, State> created_; // which nobody has to be told of
  std::vector<State> written_;                             // of those
};

Tensor value_in(runtime::Dispatcher &dispatcher, const std::function<Tensor()> &make, const std::string &what,
                Location location) {
  const runtime::DispatcherScope scope(dispatcher);
  const Tensor made = make();
  return made.defined() ? dispatcher.initial_value(made, what, location) : made;
}

Tensor value_now(Recorder &recorder, Effects effects, const std::function<Tensor()> &make, const std::string &what,
                 Location location) {
  ValuesNow values(recorder, effects, what, location);
  const Tensor made = [&] {
    const RunFunctionsEagerly eagerly;
    return value_in(values, make, what, location);
  }();
  values.finish();
  return made;
}

} // namespace

Tensor initial_value(const std::function<Tensor()> &make, const std::string &variable, Location location) {
  runtime::Dispatcher &base = runtime::Dispatcher::current().base();
  if (auto *recorder = dynamic_cast<Recorder *>(&base))
    return value_now(*recorder, Effects::once, make, variable, location);
  return value_in(base, make, variable, location);
}

Tensor late_value(Recorder &recorder, const std::function<Tensor()> &read, Location location) {
  return value_now(recorder, Effects::early, read, "late", location);
}

} // namespace etch::tracer
