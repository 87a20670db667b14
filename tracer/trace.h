// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"
#include "tracer/call_frames.h"

#include <etch/detail/structure.h>
#include <etch/function.h>
#include <etch/tensor.h>
#include <etch/variable.h>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace etch::tracer {

/// Where a value of a trace comes from.
enum class Origin : uint8_t { argument, captured, result };

struct TraceValue {
  ops::TensorType type;
  Origin origin;
  int index; ///< flat argument, captured tensor, or op
  Location created_at;
};

struct TraceOp {
  const ops::OpDef *def;
  std::vector<int> operands; ///< value ids
  ops::Attrs attrs;
  int variable;             ///< index into Trace::variables, or -1
  std::vector<int> results; ///< value ids
  Location location;
  std::string scope;       ///< "encoder/layer1", of NameScopes
  bool is_literal = false; ///< a C++ number, or an eager tensor of rank 0
  CallFramePtr frame = {}; ///< the innermost call of a Function that it is in; null for the callable's own ops
  const ops::OpDef *caller = nullptr; ///< as in runtime::OpCall
};

/// A Variable that a trace reads or writes.
struct TraceVariable {
  std::shared_ptr<detail::VariableState> state; ///< null where it is an argument
  int argument; ///< the first one of that identity among the Variables of the arguments, or -1
  ops::TensorType type;
  std::string name;
};

/// What a signature says of a Variable among the arguments.
struct ArgumentVariable {
  ops::TensorType type;
  int first; ///< the first argument that is the same Variable, most often itself
  bool trainable;
};

/// A tensor that is asked for at each call.
struct LateCapture {
  std::function<Tensor()> read;
  ops::TensorType type;
  Location location;
  std::shared_ptr<const void> key; ///< what a read is known by, of all copies

  /// For the call that this thread makes: what has been read for it already, else what is read now. Throws Error
  /// (dtype, shape) where the tensor is of another type.
  Tensor value() const;
  /// The same by calls through this thread's current Dispatcher.
  Tensor value_here() const;
};

class ConcreteFunction;

/// Ops of a trace that are another function's and stay a call of it in machine code. They are recorded one by one all
/// the same: that is what replays, extents and comparisons go by.
struct TraceCall {
  std::shared_ptr<const ConcreteFunction> callee;
  int first, end;             ///< of its ops, which begin with `first` and end before `end`
  std::vector<int> operands;  ///< value ids of its defined arguments, then of what it has captured
  std::vector<int> variables; ///< indices into Trace::variables, of those of its trace
  std::vector<int> results;   ///< value ids of its distinct results
  Location location;
};

/// The gradient that the user has given for ops that end before `position`. What computes it is a trace of its own: of
/// the gradients of the results, then of values of the whole trace; its Variables are all arguments.
struct TraceCustomGradient {
  int position;
  struct Operand {
    int value;    ///< or Trace::kUndefined
    int variable; ///< index into Trace::variables, or -1
  };
  std::vector<Operand> operands;
  std::vector<int> results;                     ///< value ids
  std::shared_ptr<const struct Trace> pullback; ///< null: `error`
  std::exception_ptr error;                     ///< of recording it, for who asks
  std::vector<int> values;                      ///< value ids
  std::vector<int> variables;                   ///< indices into Trace::variables, by argument of the pullback
  Location location;
};

/// Ops of a trace that a tape in its callable has made to compute a gradient. They are recorded one by one all the
/// same, which is what replays and inlining go by; what is compiled has one op in their place, which a pass expands.
struct TraceGradient {
  struct Source {
    int value;    ///< or Trace::kUndefined
    int variable; ///< index into Trace::variables, or -1
  };
  int first, end;                  ///< of its ops, which begin with `first` and end before `end`
  std::vector<int> targets, seeds; ///< value ids
  std::vector<Source> sources;     ///< those that are connected
  std::vector<int> results;        ///< value ids, of the sources' gradients
  std::vector<int> unnoted; ///< ops before on the way from the sources to the targets that the tape has not noted
  Location location;
};

/// A name for the extent of one axis of a flat argument, or of a captured value of an outer trace.
struct TraceSymbol {
  std::string name;
  int argument;
  int axis;
  int captured = -1;                  ///< position in Trace::captured, where it is no argument
  std::optional<ops::Dim> outer = {}; ///< what it is in the terms of the outer trace, where it is neither
  std::string bucket = {};            ///< "5..8": the extents that the signature stands for; empty: all
};

inline bool compare(detail::DimRelation relation, int64_t a, int64_t b) {
  return relation == detail::DimRelation::equal ? a == b : a < b;
}

/// What the callable learned of open extents, so that the trace serves no call where it is otherwise.
struct SettledExtent {
  detail::DimRelation relation;
  bool holds;
  ops::Dim a, b;
  std::string text; ///< "x.dim(0) = 7", "x.dim(0) >= 5"
  Location location;

  /// Of an order: what is not negative where it is as it was.
  ops::Dim slack() const { return holds ? b - a - 1 : a - b; }
};

/// What one run of a callable on symbolic tensors wrote down: plain data, straight-line, in program order. The position
/// of an op in `ops` is its id everywhere later. Immutable once recorded.
struct Trace {
  static constexpr int kUndefined = -1; ///< in arguments and results: an undefined tensor

  std::string name;
  Location traced_at;                      ///< the call that it was recorded for
  std::vector<std::string> argument_paths; ///< per flat argument: "argument 0[1]", "x"
  std::vector<detail::Leaf> leaves;        ///< everything among the arguments, C++ values included
  std::vector<TraceValue> values;
  std::vector<TraceOp> ops;
  std::vector<TraceCall> calls;                      ///< in order, none inside another
  std::vector<TraceGradient> gradients;              ///< in order, none inside another
  std::vector<TraceCustomGradient> custom_gradients; ///< in order
  std::vector<int> arguments;                        ///< value id per flat argument
  std::vector<ArgumentVariable> argument_variables;
  /// Eager tensors the callable used; passed along as inputs, never copied into code. Of a trace made inside another
  /// one also values of that, see is_reusable.
  std::vector<Tensor> captured;
  std::map<int, Tensor> captured_numbers; ///< those of rank 0, by the literal that they are: tapes know the tensor
  std::map<int, LateCapture> late;        ///< by position in `captured`, where they are undefined
  bool is_reusable = true;                ///< false: it means something inside one other trace, or in one call, alone
  std::vector<int> captured_values;
  std::vector<TraceVariable> variables; ///< in order of first use
  std::vector<int> results;             ///< value id per flat result
  std::vector<TraceVariable> result_variables;
  std::vector<uint64_t> result_tokens;
  std::vector<std::shared_ptr<const void>> kept; ///< what attributes of ops refer to by number
  std::vector<TraceSymbol> symbols;
  ops::InferContext assumptions;      ///< what shape rules take for granted of the symbols, checked at entry
  std::vector<SettledExtent> settled; ///< what the callable has learned of them, checked at entry
  bool integers_are_checked = false;  ///< for calls under CheckIntegers

  /// In one call.
  const std::shared_ptr<detail::VariableState> &state_of(const TraceVariable &variable,
                                                         const detail::FlatArguments &arguments) const {
    return variable.argument < 0 ? variable.state : arguments.variables.data()[variable.argument]->state();
  }
  const ops::TensorType &type(int value) const { return values[static_cast<size_t>(value)].type; }
};

/// A value returned twice is computed and stored once.
struct ResultLayout {
  std::vector<int> values; ///< the distinct result values, in order
  struct Result {
    int output; ///< position in `values`, or Trace::kUndefined
    bool is_last_use;
  };
  std::vector<Result> results; ///< per flat result
};
ResultLayout layout_results(const Trace &trace);

/// "Variable f32[2]", "Variable f32[2] (not trainable) (the same as w)": one of the Variables among these leaves.
std::string variable_text(std::span<const ArgumentVariable> variables, size_t position,
                          std::span<const detail::Leaf> leaves);
/// "f32[?,5..8]", "undefined": what calls give for a flat argument.
std::string argument_text(const Trace &trace, size_t position);
/// "2*x.dim(0)+1": an expression over the trace's symbols as users write it.
std::string extent_text(const Trace &trace, const ops::Dim &dim);
/// Extents that shape rules have assumed to be equal, so that none is broadcast to the other, each with the line of the
/// operation: "x.dim(0) = y.dim(0)".
std::vector<std::pair<std::string, Location>> assumption_texts(const Trace &trace);
/// "argument 'x'[1].w" as users write it: x[1].w; "argument 0" as it is.
std::string user_path(std::string path);
/// One line for users: "step(x: f32[?,128], n = 7) -> f32[] captures {w: Variable f32[128,10], f32[256]}".
std::string short_text(const Trace &trace);
/// The same with every argument, result and capture on a line of its own and where it comes from.
std::string long_text(const Trace &trace);
TensorSpec spec_of(const ops::TensorType &type);

} // namespace etch::tracer
