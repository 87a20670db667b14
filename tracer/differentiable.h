// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/concrete_function.h"
#include "tracer/joint_trace.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace etch::runtime {
class Tape;
} // namespace etch::runtime

namespace etch::tracer {

/// A trace as tapes call it: by machine code, of which they note one call. Where a tape tracks what it reads, it
/// returns what its gradients use besides its own results; these are functions of their own, made when they are asked
/// for the first time, and Differentiable again. Sums of gradients go on inside it, use by use, so that they have the
/// bits of a tape around its callable. Thread-safe.
class Differentiable : public std::enable_shared_from_this<Differentiable> {
public:
  using Listener = std::function<void(const ConcreteFunction &)>;

  /// `listener`: of each compilation that comes of it.
  Differentiable(Trace trace, Listener listener);

  /// The trace's results, by its code or that of a forward pass, whose call all tapes note that track something that it
  /// reads. Op by op where code may not serve the call: where a check fails, or two inputs that it takes for two are
  /// the same tensor.
  std::vector<Tensor> call(const detail::FlatArguments &arguments, Location location) const;
  /// The same where a tape of this thread tracks something that it reads; nullopt where none does.
  std::optional<std::vector<Tensor>> call_tracked(const detail::FlatArguments &arguments, CallCounters &counters,
                                                  Location location) const;
  /// Tells tapes that collect Variables which ones it reads.
  void collect_variables(const detail::FlatArguments &arguments) const;

private:
  friend class FunctionCall;
  using Tapes = std::vector<std::shared_ptr<runtime::Tape>>;

  /// Where a result of the trace comes from.
  struct Place {
    enum class Kind : uint8_t { undefined, input, value };
    Kind kind;
    int index; ///< among inputs_ or values_
  };
  /// Of the trace's results, each once.
  struct Value {
    int id;
    int output;   ///< of the code; -1: `variable`
    int variable; ///< whose value it is when the call begins
  };
  /// What is tracked of a call, per input as JointRequest::tracked; whether derivatives have derivatives.
  struct Tracked {
    std::vector<int> inputs;
    bool is_closed = false;
    auto operator<=>(const Tracked &) const = default;
  };
  /// The function that tapes call in the place of this one.
  struct Forward {
    std::shared_ptr<const Differentiable> extended; ///< null: op by op
    std::vector<size_t> operands;                   ///< its inputs that are tracked
    std::vector<bool> kept_inputs, kept_values;     ///< that gradients may use
  };
  struct BackwardKey {
    std::vector<bool> dys, sums, needed, needed_values;
    bool integers_are_checked;
    auto operator<=>(const BackwardKey &) const = default;
  };
  struct Backward {
    struct Argument {
      enum class Kind : uint8_t { input, value, dy, sum };
      Kind kind;
      size_t index;
    };
    std::shared_ptr<const Differentiable> function;
    std::vector<Argument> arguments;
    std::vector<int> results; ///< per input, then per value: of the function, or Trace::kUndefined
  };
  using Reach = std::vector<std::vector<bool>>; ///< by input and, behind them, value from which; then by value

  /// No inputs: nothing is tracked. nullopt: two inputs are one tensor, and the trace does not say so.
  std::optional<Tracked> tracked(const Tapes &tapes, const detail::FlatArguments &arguments) const;
  const Forward &forward(const Tracked &tracked) const;
  Forward make_forward(const Tracked &tracked) const;
  /// The part of a joint trace up to its gradient, with what this uses as further results.
  std::shared_ptr<const Differentiable> extended(const JointTrace &joint) const;
  bool is_floating_input(size_t input) const;
  JointTrace joint_of_all(std::span<const int> tracked) const;
  std::vector<int> value_ids() const;
  /// The inputs of `of` that stand for tracked ones of this.
  std::vector<size_t> operands_of(const Differentiable &of, std::span<const int> tracked) const;
  void mark_kept(const JointTrace &joint, Forward &forward) const;
  const Backward &backward(const std::vector<size_t> &operands, const BackwardKey &key) const;
  Backward make_backward(const std::vector<size_t> &operands, const BackwardKey &key) const;
  /// " floor at train.cpp:12": the first op between marked inputs and marked values that no gradient passes.
  std::string cut_between(std::span<const size_t> inputs, const std::vector<bool> &from,
                          const std::vector<bool> &to) const;
  Place place_of(int result) const;
  bool is_entry_read(int value) const;
  /// Which values depend on which inputs and other values, by all ops or by those that a gradient passes.
  Reach reach(bool by_gradients) const;
  /// By value of the trace: whether it depends on one of them or on a Variable.
  std::vector<bool> reached_from(int value, int variable, bool by_gradients) const;
  /// Of the trace; Trace::kUndefined for Variables.
  int value_of(const TraceInput &input) const;
  const Reach &dependences() const;
  const Reach &connections() const;
  std::vector<Tensor> interpret(const detail::FlatArguments &arguments) const;
  /// The values of the trace's results, or false where a check fails. `values`: each once.
  bool run(const detail::FlatArguments &arguments, std::vector<Tensor> &values, CallCounters &counters,
           Location location) const;
  /// Of the results, those that are inputs.
  std::vector<Tensor> passed_inputs(const detail::FlatArguments &arguments) const;
  /// All of them; `results` has those that are inputs.
  std::vector<Tensor> with_values(std::vector<Tensor> results, std::span<const Tensor> values) const;
  const ConcreteFunction &code() const;

  const Trace trace_;
  const Listener listener_;
  std::vector<TraceInput> inputs_;
  std::vector<Value> values_;
  std::vector<Place> places_; // of the results
  bool has_entry_reads_ = false, has_effects_ = false;
  mutable std::mutex mutex_; // of what follows, whose elements stay where they are
  mutable std::shared_ptr<const ConcreteFunction> code_;
  mutable std::map<Tracked, Forward> forwards_;
  mutable std::map<std::pair<std::vector<size_t>, BackwardKey>, Backward> backwards_;
  mutable std::optional<Reach> dependences_, connections_;
};

/// A call of a concrete function under tapes, of a trace that serves the arguments.
void call_under_tapes(const ConcreteFunction &function, const detail::FlatArguments &arguments,
                      detail::FlatResults &results, CallCounters &counters, Location location);

} // namespace etch::tracer
