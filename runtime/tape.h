// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dispatcher.h"
#include "runtime/noted_call.h"

#include <etch/gradient.h>

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace etch::runtime {

class TapeReading;

/// The same elements under another identity. Requires: concrete.
Tensor alias(const Tensor &tensor);

/// What a GradientTape does: a Dispatcher that passes every call on and notes those that depend on what it watches.
/// Tapes lie on top of each other and of the dispatcher that was current when they were made, so that outer ones see
/// the calls by which inner ones compute gradients. Used by the thread that made it.
class Tape final : public Dispatcher, public std::enable_shared_from_this<Tape> {
public:
  /// On top of the thread's current dispatcher.
  static std::shared_ptr<Tape> begin(const TapeOptions &options, Location made_at);
  /// One that notes nothing and collects the Variables of floats that are read.
  static std::shared_ptr<Tape> begin_collecting(Location made_at);
  /// Takes it from among the thread's dispatchers and forgets all. Idempotent.
  void end();

  void watch(const detail::GradientLeaf &leaf, Location location);
  /// Returns what was before.
  bool pause(bool paused) { return std::exchange(is_paused_, paused); }
  void reset(Location location);
  /// One gradient for each of the sources.
  std::vector<Tensor> gradient(const detail::GradientLeaves &targets, const detail::GradientLeaves &sources,
                               const GradientOptions &options, Location location);
  /// d target / d source, a row for each seed, which has the target's shape; none where they are not connected.
  std::vector<Tensor> rows(const Tensor &target, const detail::GradientLeaf &source, std::span<const Tensor> seeds,
                           Location location);

  /// Those that note calls of this thread now, from the outermost on.
  static std::vector<std::shared_ptr<Tape>> noting();
  /// Those that collect Variables.
  static std::vector<std::shared_ptr<Tape>> collecting();
  void collect(const std::shared_ptr<detail::VariableState> &variable);
  const std::vector<std::shared_ptr<detail::VariableState>> &collected() const { return kept_; }
  /// Whether calls that it is an operand of are noted.
  bool tracks(const Tensor &tensor) const { return find(tensor) >= 0; }
  bool tracks(const detail::VariableState &variable) const;
  bool is_persistent() const { return options_.persistent; }
  /// Notes a call that has been made below all tapes. `operands`: tensors and Variables that it reads, of which this
  /// tracks some. Results get an identity of their own where they need one.
  void note(std::shared_ptr<const NotedCall> call, std::span<const detail::GradientLeaf> operands,
            std::span<Tensor> results, Location location);
  /// The gradients of the sources of the sum of the values' products with their seeds; undefined where a source is not
  /// connected. Notes nothing more. Requires: values and sources that it tracks.
  std::vector<Tensor> pull_back(std::span<const std::pair<detail::GradientLeaf, Tensor>> seeds,
                                std::span<const detail::GradientLeaf> sources, Location location);

  void call(const OpCall &call, std::span<Tensor> results) override;
  void check(const OpCall &function) override { inner_->check(function); }
  Tensor literal(const ops::Scalar &value, Location location) override { return inner_->literal(value, location); }
  bool is_recording() const override { return inner_->is_recording(); }
  bool is_tape() const override { return true; }
  Dispatcher &base() override { return inner_->base(); }
  Tensor initial_value(const Tensor &tensor, const std::string &variable, Location location) override {
    return inner_->initial_value(tensor, variable, location);
  }
  bool are_equal(const ops::Dim &a, const ops::Dim &b) override { return inner_->are_equal(a, b); }
  ops::TensorType type_of(const Tensor &tensor, const char *what, Location location) override {
    return inner_->type_of(tensor, what, location);
  }
  std::shared_ptr<DimScope> dim_scope() override { return inner_->dim_scope(); }
  ops::Dim dim(const SymbolicDim &dim, const char *what, Location location) override {
    return inner_->dim(dim, what, location);
  }
  Location call_site() const override { return inner_->call_site(); }
  void variable_created(const std::shared_ptr<detail::VariableState> &state) override {
    inner_->variable_created(state);
  }
  Tensor late(const std::function<Tensor()> &read, Location location) override { return inner_->late(read, location); }
  void expansion_failed() override { inner_->expansion_failed(); }
  void keep(const std::shared_ptr<const void> &object) override { inner_->keep(object); }

private:
  friend class TapeReading;

  /// A call that depends on what is watched.
  struct Noted {
    const ops::OpDef *op; ///< null: `call`
    ops::Attrs attrs;
    Location location;
    std::vector<Tensor> operands;
    std::vector<int> operand_ids; ///< -1: not tracked; of a read, the Variable's
    std::vector<int> result_ids;
    std::shared_ptr<const NotedCall> call = nullptr;
  };

  Tape(const TapeOptions &options, Location made_at) : options_(options), made_at_(made_at) {}

  /// The tape that lies on this one, null where this is the thread's current dispatcher; nullopt: calls of this thread
  /// do not come here now.
  std::optional<Tape *> above() const;
  /// This thread's, from the outermost on.
  static std::vector<std::shared_ptr<Tape>> all();
  /// False where a scope that is open would make it current again.
  bool take_out();
  void forget();
  /// Throws Error (invalid_argument) where it cannot be asked now.
  void require_usable(const char *what, Location location) const;

  int find(const Tensor &tensor) const;
  /// A new number for a value. An eager one that has a number already gets another identity first.
  int track(Tensor &tensor);
  int variable_id(const std::shared_ptr<detail::VariableState> &state);
  /// Of a tensor or Variable that it tracks.
  int id_of(const detail::GradientLeaf &leaf) const;
  std::vector<int> operand_ids(const OpCall &call) const;
  void read_variable(const OpCall &call, Tensor &result);
  /// A composite without a vjp of its own, as the operations that it stands for.
  void expand(const OpCall &call, std::span<Tensor> results);

  int source_id(const detail::GradientLeaf &source, Location location) const;
  /// The gradients of the sources, undefined where there is none; a recording is told which of its calls they are.
  std::vector<Tensor> reverse(TapeReading &reading, std::span<const std::pair<Tensor, Tensor>> seeds,
                              std::span<const detail::GradientLeaf> sources, std::span<const int> source_ids,
                              Location location) const;
  void check_target(const Tensor &target, const Tensor &output_gradient, Location location) const;
  /// After this the tape notes no more, unless it is persistent.
  void finish(Location location);
  Tensor unconnected(const detail::GradientLeaf &source, int id, std::span<const int> targets, Unconnected rule,
                     Location location) const;
  /// " no gradient passes floor at train.cpp:12"
  std::string cut_between(int source, std::span<const int> targets) const;

  const TapeOptions options_;
  const Location made_at_;
  const std::thread::id thread_ = std::this_thread::get_id();
  Dispatcher *inner_ = nullptr;    // valid while calls of the thread come here
  Dispatcher *previous_ = nullptr; // the thread's current one before; null where there was none of its own
  bool collects_ = false, is_paused_ = false, has_ended_ = false, has_given_ = false;
  bool is_out_ = false; // no calls come here any more
  Location given_at_;
  // Their elements stay where they are: a persistent tape notes the calls that read it.
  std::deque<Tensor> values_; // by number; undefined for Variables
  std::deque<Noted> calls_;
  std::unordered_map<const detail::TensorNode *, int> ids_;
  std::unordered_map<const detail::VariableState *, int> variables_;
  std::vector<std::shared_ptr<detail::VariableState>> kept_; // so that no other takes its address
};

} // namespace etch::runtime
