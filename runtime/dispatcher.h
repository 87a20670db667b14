// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <etch/tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace etch::detail {
struct GradientLeaf;
struct VariableState;
} // namespace etch::detail

namespace etch::runtime {

class CustomCall;
class DimScope;
struct SymbolicDim;

/// One call of one op. Literals have already adopted a dtype and arrive as rank-0 tensors.
struct OpCall {
  const ops::OpDef &op;
  std::span<const Tensor> operands;
  const ops::Attrs &attrs;
  /// The Variable of a reads_variable / writes_variable op, else null.
  const std::shared_ptr<detail::VariableState> *variable = nullptr;
  Location location;
  /// Whose expansion makes the call, and by whose name errors go; null where it is the user.
  const ops::OpDef *caller = nullptr;
};

/// A gradient that a tape has computed by calls.
struct ComputedGradient {
  std::span<const std::pair<Tensor, Tensor>> seeds; ///< values and what they are multiplied by
  std::span<const detail::GradientLeaf> sources;
  std::span<const Tensor> gradients;    ///< undefined where a source is not connected
  std::span<const Tensor *const> noted; ///< results of the calls that the tape has noted
  Location location;
};

/// The only fork between eager and traced: every public op goes through the thread's current Dispatcher. The eager
/// one computes; the tracer's Recorder writes the call down.
class Dispatcher {
public:
  virtual ~Dispatcher() = default;
  /// Fills op.result_count results. Throws etch::Error before any effect.
  virtual void call(const OpCall &call, std::span<Tensor> results) = 0;
  /// Checks the arguments of a function of the table before its expansion runs. Throws etch::Error.
  virtual void check(const OpCall &function) = 0;
  /// A C++ number as a rank-0 tensor.
  virtual Tensor literal(const ops::Scalar &value, Location location) = 0;
  virtual bool is_recording() const { return false; }
  /// Whether it passes calls on and notes them for gradients.
  virtual bool is_tape() const { return false; }
  /// The one that computes or records, below the tapes.
  virtual Dispatcher &base() { return *this; }
  /// The value that a tensor has in this call, from which the Variable of that name starts. Where it has none: throws
  /// Error (tracing).
  virtual Tensor initial_value(const Tensor &tensor, const std::string &variable, Location location);
  /// What shape rules see of a tensor; a recorder names the extents of outer recordings in its own terms.
  virtual ops::TensorType type_of(const Tensor &tensor, const char *what, Location location);
  /// The recording whose symbols new dimension expressions are over; null: there is none.
  virtual std::shared_ptr<DimScope> dim_scope() { return nullptr; }
  /// The expression in terms of this recording. Of another thread's or an ended one: throws Error (tracing).
  virtual ops::Dim dim(const SymbolicDim &dim, const char *what, Location location);
  /// Whether the dimensions are the same number in every call that what is recorded serves.
  virtual bool are_equal(const ops::Dim &a, const ops::Dim &b) { return a == b; }
  /// Where the function that is recorded was called; unknown where there is none.
  virtual Location call_site() const { return {}; }
  /// A Variable has been made.
  virtual void variable_created(const std::shared_ptr<detail::VariableState> &) {}
  /// What `read` returns at each call, of the dtype and shape that it has now. `read` returns a concrete tensor.
  virtual Tensor late(const std::function<Tensor()> &read, Location location) { return read(); }
  /// The call that has made `results` from `operands` has a gradient of the user's.
  virtual void custom_call(std::span<const detail::GradientLeaf> operands, std::span<const Tensor> results,
                           const CustomCall &call, Location location) {}
  /// The literal is what a captured tensor of rank 0 holds, by which tapes know it.
  virtual void number_captured(const Tensor &literal, const Tensor &number) {}
  /// How many calls have been written down.
  virtual size_t recorded_calls() const { return 0; }
  /// Calls from the `first` recorded one on compute this.
  virtual void gradient_computed(size_t first, const ComputedGradient &gradient) {}
  /// An expansion or a gradient has ended with an Error, maybe one of its own, which no call has raised.
  virtual void expansion_failed() {}
  /// Keeps an object alive for as long as calls made through this Dispatcher may be made again.
  virtual void keep(const std::shared_ptr<const void> &) {}

  /// This thread's current one.
  static Dispatcher &current();
  static Dispatcher &eager();
  /// Makes one current for this thread, or none for the eager one; returns the one before.
  static Dispatcher *exchange_current(Dispatcher *dispatcher);
};

/// Makes a Dispatcher current for this thread while it lives.
class DispatcherScope {
public:
  explicit DispatcherScope(Dispatcher &dispatcher);
  ~DispatcherScope();
  DispatcherScope(const DispatcherScope &) = delete;

private:
  Dispatcher *previous_;
};

} // namespace etch::runtime
