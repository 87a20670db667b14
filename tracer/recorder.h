// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dispatcher.h"
#include "runtime/symbolic_dim.h"
#include "runtime/symbolic_tensor.h"
#include "tracer/line_counter.h"
#include "tracer/trace.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace etch::tracer {

class Recorder;

/// An error of a recording that leaves extents open which a recording for the shapes of the call may not have, or have
/// in other words.
struct OpenExtentError : Error {
  explicit OpenExtentError(const Error &error) : Error(error) {}
};

/// What the symbolic nodes of one recording share with it. Outlives the recording in handles that the callable kept.
class Recording final : public runtime::DimScope {
public:
  explicit Recording(std::string name) : name(std::move(name)) {}

  const std::string name; ///< of the function

  void handle_created(Tensor *handle);
  void handle_destroyed(Tensor *handle);
  /// Every handle to a value of this recording, oldest first.
  std::vector<Tensor *> live_handles() const;
  /// The arguments that the value is computed from, for messages; empty when there are none or it has ended.
  std::string arguments_behind(int value) const;

  int64_t settle(const runtime::SymbolicDim &dim) override;
  std::optional<int64_t> number_now(const runtime::SymbolicDim &dim) override;
  bool settle(detail::DimRelation relation, const ops::Dim &a, const ops::Dim &b, Location location) override;
  void assume_at_least(const ops::Dim &larger, const ops::Dim &smaller, Location location) override;
  ops::Dim assume_quotient(const ops::Dim &numerator, const ops::Dim &divisor, Location location) override;
  [[noreturn]] void raise_misplaced(const runtime::SymbolicDim &dim, const char *what,
                                    Location location) const override;

  void begin(Recorder *recorder);
  void end();
  bool is_running() const;

private:
  /// Throws Error (tracing) where it has ended or belongs to another thread.
  Recorder &recorder_here(Location location) const;

  mutable std::mutex mutex_; // handles may be copied by other threads, wrongly but without harm
  std::unordered_map<Tensor *, int64_t> handles_;
  int64_t next_handle_ = 0;
  Recorder *recorder_ = nullptr;
  std::thread::id thread_;
};

/// A value of a recording.
struct ValueNode final : runtime::SymbolicNode {
  ValueNode(std::shared_ptr<Recording> recording, int value, ops::TensorType type, Location created_at)
      : SymbolicNode(std::move(type), created_at), recording(std::move(recording)), value(value) {}

  void handle_created(Tensor *handle) override { recording->handle_created(handle); }
  void handle_destroyed(Tensor *handle) override { recording->handle_destroyed(handle); }
  std::string origin() const override;
  std::shared_ptr<runtime::DimScope> dim_scope() const override { return recording; }
  bool is_being_recorded() const override { return recording->is_running(); }
  [[noreturn]] void raise_misplaced(const std::string &what, Location location) const override;

  const std::shared_ptr<Recording> recording;
  const int value;
};

/// A Variable that nobody else has.
std::shared_ptr<detail::VariableState> variable_apart(const Tensor &value, const std::string &name);

/// Requires: symbolic. Throws Error (tracing) where it is no value of a recording.
const ValueNode &value_node(const Tensor &tensor, const char *what, Location location);

/// An argument of the callable to be recorded. No type: an undefined tensor.
struct ArgumentSpec {
  std::string path; ///< "argument 0", "x[1]"
  std::optional<ops::TensorType> type;
};

/// The Dispatcher that writes calls down instead of computing. One per recording, used by the thread that made it. Made
/// while another one is current, it may use that one's values: they are captured.
class Recorder final : public runtime::Dispatcher {
public:
  Recorder(std::string name, std::span<const ArgumentSpec> arguments, std::vector<TraceSymbol> symbols,
           Location call_site);
  ~Recorder() override;
  Recorder(const Recorder &) = delete;

  /// One symbolic tensor per argument, undefined where its spec has no type.
  std::vector<Tensor> arguments() const;
  /// Stand-ins for Variable arguments, one for each identity among them: an op on one is an op on whatever Variable a
  /// call brings, while the same Variable captured by the callable stays itself.
  std::vector<Variable> variable_arguments(std::span<const Variable *const> variables);

  void call(const runtime::OpCall &call, std::span<Tensor> results) override;
  void check(const runtime::OpCall &function) override;
  Tensor literal(const ops::Scalar &value, Location location) override;
  bool is_recording() const override { return true; }
  Tensor initial_value(const Tensor &tensor, const std::string &variable, Location location) override;
  /// What a Variable is at this point of the call that is recorded, from which the one of that name starts.
  Tensor variable_value(const std::shared_ptr<detail::VariableState> &state, const std::string &variable,
                        Location location);
  /// Whether this recording or one around it has such an op.
  bool has_written(const detail::VariableState &state) const;
  bool has_used(const detail::VariableState &state) const;
  bool has_output() const;
  /// Says that the trace, and any around it, means something in this call alone.
  void serve_this_call_alone();
  ops::TensorType type_of(const Tensor &tensor, const char *what, Location location) override;
  std::shared_ptr<runtime::DimScope> dim_scope() override { return recording_; }
  ops::Dim dim(const runtime::SymbolicDim &dim, const char *what, Location location) override;
  bool are_equal(const ops::Dim &a, const ops::Dim &b) override;
  Location call_site() const override;
  void variable_created(const std::shared_ptr<detail::VariableState> &state) override;
  Tensor late(const std::function<Tensor()> &read, Location location) override;
  void custom_call(std::span<const detail::GradientLeaf> operands, std::span<const Tensor> results,
                   const runtime::CustomCall &call, Location location) override;
  void number_captured(const Tensor &literal, const Tensor &number) override {
    trace_.captured_numbers.emplace(value_of(literal, "literal", {}), number);
  }
  size_t recorded_calls() const override { return trace_.ops.size(); }
  void gradient_computed(size_t first, const runtime::ComputedGradient &gradient) override;
  void expansion_failed() override { has_error_of_open_types_ = true; }
  void keep(const std::shared_ptr<const void> &object) override { trace_.kept.push_back(object); }

  /// Handles to values of this recording, oldest first.
  std::vector<Tensor *> live_handles() const { return recording_->live_handles(); }
  /// Makes one handle stand for another value; handles that shared its old value keep it.
  void rebind(Tensor *handle, int value);
  /// The value a tensor stands for; captures an eager one. Throws Error (tracing) for a value of another recording.
  int value_of(const Tensor &tensor, const char *what, Location location);

  /// The index of a Variable in the trace, which it enters with its first use.
  int variable_index(const std::shared_ptr<detail::VariableState> &state, const char *what, Location location);
  /// Notes that ops recorded before are a call.
  void add_call(TraceCall call) { trace_.calls.push_back(std::move(call)); }
  /// The same of a gradient.
  void add_gradient(TraceGradient gradient) { trace_.gradients.push_back(std::move(gradient)); }
  /// Whether ops from now on count as the user's who writes a loop: those of a call are compiled elsewhere. Returns
  /// what was before.
  bool count_lines(bool counts) { return std::exchange(counts_lines_, counts); }

  /// Everything recorded so far.
  const Trace &trace() const { return trace_; }
  /// The arguments of the call that is recorded, for initial_value; must outlive the recording. may_settle: the trace
  /// may depend on the numbers that open extents are in it.
  void set_actual(const detail::FlatArguments &actual, bool may_settle) {
    actual_ = &actual;
    may_settle_ = may_settle;
  }

  /// The number that an expression over the trace's symbols is in this call. Throws Error (tracing) where the trace may
  /// not depend on it.
  int64_t settle(const ops::Dim &dim, Location location);
  bool settle(detail::DimRelation relation, const ops::Dim &a, const ops::Dim &b, Location location);
  ops::InferContext &assumptions() { return trace_.assumptions; }
  /// The number that an expression over the trace's symbols is in this call, from which state may start; nothing is
  /// taken for granted. nullopt: there is no call.
  std::optional<int64_t> number_of(const ops::Dim &dim);
  /// Takes over what the shape rules and the callable of an inner trace took for granted. False where it is false.
  bool assume(const Trace &inner, const detail::FlatArguments &arguments);

  /// Throws Error (tracing) where the callable has asked for an extent that the trace does not know, and caught the
  /// error: what it did then it would not do eagerly.
  void check_no_extent_asked() const;
  /// Whether an error out of the callable may come from extents that the trace leaves open, or shows them.
  bool may_be_of_open_extents(const Error &error) const;
  /// Variables that the callable has made, in this recording or one inside it.
  bool created_variables() const { return !created_.empty(); }
  /// "'v', made at train.cpp:12,": the first of them.
  const std::string &created_text() const { return created_texts_.front(); }
  /// Throws Error (tracing) where one of them has died with the callable's locals.
  void check_variables_kept() const;
  /// Throws Error (tracing) where the callable has kept a value of the recording in something that outlives its call.
  void check_no_leaks(const detail::FlatValues &results) const;
  /// Ends the recording: its values cannot be used from now on.
  Trace finish(const detail::FlatValues &results);

private:
  Tensor tensor_of(int value) const;
  int add_value(ops::TensorType type, Origin origin, int index, Location location);
  int add_scalar(const ops::Scalar &value, Location location);
  int capture(const Tensor &tensor, Location location);
  /// Warns of a line that adds so many operations that it must be in a loop.
  void count_line(Location location);
  /// An expression over the symbols in the terms of the outer recording, or numbers where there is none.
  ops::Dim in_outer(const ops::Dim &dim);
  /// Throws Error (shape) where what the trace takes for granted is false in this call, which then is recorded for
  /// known extents: state must not start from what is not so.
  void require_assumptions_hold(const char *what, Location location);
  bool assumptions_hold();
  /// Whether the call is good with the numbers of this call in the place of open extents.
  bool is_good_with_numbers(const runtime::OpCall &call, std::vector<ops::TensorType> types);
  /// Marks the recordings inside this one as bound to it.
  void bind_inner_recordings();
  /// Notes that the trace depends on a comparison, unless an outer one does.
  void take_for_granted(detail::DimRelation relation, bool holds, const ops::Dim &a, const ops::Dim &b,
                        Location location);
  [[noreturn]] void refuse_to_settle(const std::string &question, const std::string &expression, Location location);
  int capture_outer(const Tensor &tensor, const ValueNode &node, const char *what, Location location);
  /// Whether a target, seed or source is made by the gradient's ops or after them, as a number is that nothing has
  /// used before: one op in the place of the first cannot have it.
  bool uses_ops_from(const TraceGradient &gradient) const;
  /// Ops before `end` that are not noted, though a gradient would pass them from the sources to the targets.
  std::vector<int> unnoted_ops(const TraceGradient &gradient, std::span<const Tensor *const> noted) const;
  /// The trace of a gradient of the user's, whose captured values and Variables are made arguments of it.
  void record_pullback(const runtime::CustomCall &call, TraceCustomGradient &custom, Location location);
  /// Of values of this trace and of Variables in a pullback's trace, which whoever interprets this one has.
  void make_arguments_of_captures(Trace &trace, TraceCustomGradient &custom, Location location);
  bool is_inside(const Recording &recording) const;
  /// Of the call that is recorded. Throws Error (tracing) for a spec, which has none.
  Tensor argument_now(size_t position, const std::string &variable, Location location);
  /// Of a value that no op of the trace computes.
  Tensor input_now(int value, const std::string &variable, Location location);
  /// What a Variable that is no stand-in of this recording is before its first op.
  Tensor variable_before(const std::shared_ptr<detail::VariableState> &state, const std::string &variable,
                         Location location);
  /// What recorded ops compute in this call.
  struct Computed {
    std::vector<Tensor> values;                                                                ///< by value id
    std::map<const detail::VariableState *, std::shared_ptr<detail::VariableState>> variables; ///< copies, by state_now
  };
  /// A value, what a Variable (of state_now) is now, and all that these are computed from. Variables stay as they are:
  /// the effects of this call are still to come.
  Computed compute(int value, const std::shared_ptr<detail::VariableState> &variable, const std::string &name,
                   Location location);
  /// The ops that this takes, in program order.
  std::vector<const TraceOp *> ops_behind(int value, const detail::VariableState *variable) const;
  /// Which Variable of this call, or of the recording around this one, a Variable of the trace is.
  const std::shared_ptr<detail::VariableState> &state_now(int variable) const;
  TraceVariable variable_of(const std::shared_ptr<detail::VariableState> &state, const char *what, Location location);
  /// Whether one that uses the Variable, or the one that it stands for around this recording, meets the condition.
  template <class Condition>
  bool any_op_on(const detail::VariableState &state, const Condition &condition) const;
  /// This recording's or an outer one's stand-in for a Variable argument.
  bool is_stand_in(const detail::VariableState &state) const;
  /// Result types, with what they assume of unknown dimensions added to the trace's assumptions.
  std::vector<ops::TensorType> inferred(const runtime::OpCall &call);

  Recorder *const outer_; // current when this one was made
  const Location call_site_;
  const detail::FlatArguments *actual_ = nullptr;
  bool may_settle_ = false;
  // Errors that eager code would not have seen, which the callable may have caught.
  bool was_refused_ = false;             // an open extent's number
  bool has_open_error_ = false;          // a call that is good with the numbers
  bool has_error_of_open_types_ = false; // a call, expansion or gradient that is not, or may not be
  std::vector<std::weak_ptr<detail::VariableState>> created_;
  std::vector<std::string> created_texts_; // "'v', made at train.cpp:12,"
  std::shared_ptr<Recording> recording_;
  Trace trace_;
  LineCounter lines_;
  bool counts_lines_ = true;
  std::map<const detail::TensorNode *, int> captured_;
  std::map<const detail::VariableState *, int> variables_;          // their places in the trace
  std::map<const detail::VariableState *, int> variable_arguments_; // the positions that stand-ins stand for
  std::vector<Variable> kept_variables_;
  std::vector<Tensor> kept_; // keeps captured nodes alive, so that no new one takes their address
};

} // namespace etch::tracer
