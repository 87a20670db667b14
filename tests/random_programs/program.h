// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <etch/function.h>
#include <etch/variable.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace etch::test {

/// A tensor that a program is given.
struct Input {
  Tensor stored;
  bool captured = false;   ///< used by the callable as an eager tensor, not passed to it
  bool transposed = false; ///< given as the transposed view of `stored`

  Tensor value() const { return view_of(stored); }
  Tensor view_of(const Tensor &elements) const;
};

/// One result of a call of an op or function of the table. Operands are inputs, results of earlier calls (numbered
/// after the inputs), or, as -1 - i, literal i of the program. Neighbours that take several results of one function's
/// call, being equal but for `result`, are that one call.
struct Call {
  const ops::OpDef *op;
  std::vector<int> operands;
  ops::Attrs attrs;
  int variable = -1;
  int result = 0; ///< of a function, which may have several

  bool is_function() const;
  /// Without one it is made for its effect.
  bool has_result() const { return is_function() || op->result_count > 0; }
  bool is_same_call(const Call &other) const;
};

/// A straight-line program over the op table, run eagerly or recorded, with the same calls.
struct Program {
  std::vector<Input> inputs;
  std::vector<Tensor> variables; ///< initial values
  std::vector<ops::Scalar> literals;
  std::vector<Call> calls;
  std::vector<int> results;  ///< values returned
  bool open_extents = false; ///< declared with an input signature that leaves extents above 1 unknown
  /// Then the second run is given arguments with the second number in place of every extent that is the first.
  std::pair<int64_t, int64_t> resizing{-1, -1};
  /// Behind the results stand the gradients of their sum by all floating inputs, then Variables, where it is 1 or 2;
  /// where it is 2, those of the sum of these follow.
  int gradient_order = 0;

  int value_of_call(size_t call) const { return static_cast<int>(inputs.size() + call); }
  const Call *producer(int value) const {
    const int call = value - static_cast<int>(inputs.size());
    return call >= 0 ? &calls[static_cast<size_t>(call)] : nullptr;
  }
  std::vector<Tensor> arguments(int run = 0) const;
  Options options() const;
};

/// The types of all results of a call given those of all values before it; nullopt where the op's rule is broken. A
/// call without a result has the type of a bool that nobody uses.
std::optional<std::vector<ops::TensorType>> infer_call(const Program &program, const Call &call,
                                                       const std::vector<ops::TensorType> &types);
/// Types of all values; nullopt where a rule is broken.
std::optional<std::vector<ops::TensorType>> infer_all(const Program &program);

/// What one run left behind.
struct Outcome {
  std::vector<Tensor> results;
  std::vector<Tensor> variables;
  std::string printed;
  std::string error; ///< first line; "" when there was none
  /// The error is that memory is short, maybe for an intermediate result that compiled code never makes.
  bool lacks_memory = false;
};

/// Makes the calls through this thread's Dispatcher. With `values`, every value is kept there, up to a call that
/// throws.
std::vector<Tensor> evaluate(const Program &program, const std::vector<Variable> &variables,
                             const std::vector<Tensor> &arguments, std::vector<Tensor> *values = nullptr);
/// The program as a Function; the program and its Variables must outlive it.
Function<std::vector<Tensor>(const std::vector<Tensor> &)> traced(const Program &program,
                                                                  const std::vector<Variable> &variables);
/// What a call leaves behind besides its effects on Variables.
Outcome outcome_of(const std::function<std::vector<Tensor>()> &call);
/// Two runs on the same Variables, one after the other.
std::vector<Outcome> run_eagerly(const Program &program);
std::vector<Outcome> run_compiled(const Program &program, const std::string &disabled_pass = "");
/// As a function that stays a call in another.
std::vector<Outcome> run_called(const Program &program, const std::string &disabled_pass = "");
/// With gradients by a tape around the compiled function.
std::vector<Outcome> run_under_tape(const Program &program, const std::string &disabled_pass = "");
/// "" when all outcomes agree, else what differs first. What eager code had no memory for, other code may do
/// (docs/numerics.md, section 14); the runs after that see other Variables and are not compared.
std::string difference(const Outcome &expected, const Outcome &got);
std::string difference(const std::vector<Outcome> &expected, const std::vector<Outcome> &got);

} // namespace etch::test
