// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/program.h"

#include "ops/type_expr.h"
#include "runtime/dispatcher.h"
#include "runtime/public_call.h"
#include "support/require.h"
#include "tests/random_programs/elements.h"

#include <etch/etch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include <sys/mman.h>
#include <unistd.h>

namespace etch::test {
namespace {

constexpr int kRuns = 2;

std::vector<Variable> make_variables(const Program &program) {
  std::vector<Variable> variables;
  for (size_t i = 0; i < program.variables.size(); ++i)
    variables.emplace_back(program.variables[i], "v" + std::to_string(i));
  return variables;
}

/// Keeps what goes to standard output while it lives.
class PrintCapture {
public:
  explicit PrintCapture(std::string &kept)
      : kept_(kept), file_(memfd_create("printed", 0)), stdout_(dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    dup2(file_, STDOUT_FILENO);
  }
  ~PrintCapture() {
    std::fflush(stdout);
    dup2(stdout_, STDOUT_FILENO);
    close(stdout_);
    kept_.resize(static_cast<size_t>(std::max(lseek(file_, 0, SEEK_END), off_t{0})));
    if (pread(file_, kept_.data(), kept_.size(), 0) != static_cast<ssize_t>(kept_.size()))
      kept_ = "unreadable";
    close(file_);
  }
  PrintCapture(const PrintCapture &) = delete;

private:
  std::string &kept_;
  const int file_;
  const int stdout_;
};

using Run = std::function<std::vector<Tensor>(const std::vector<Tensor> &)>;

std::vector<Outcome> outcomes_of(const Program &program, const std::vector<Variable> &variables, const Run &run) {
  std::vector<Outcome> outcomes;
  for (int i = 0; i < kRuns; ++i) {
    Outcome &outcome = outcomes.emplace_back(outcome_of([&] { return run(program.arguments(i)); }));
    for (const Variable &variable : variables)
      outcome.variables.push_back(variable.value());
  }
  return outcomes;
}

} // namespace

Tensor Input::view_of(const Tensor &elements) const { return transposed ? transpose(elements) : elements; }

std::vector<Tensor> Program::arguments(int run) const {
  std::vector<Tensor> arguments;
  for (const Input &input : inputs)
    if (!input.captured)
      arguments.push_back(run == 0 ? input.value()
                                   : input.view_of(resized(input.stored, resizing.first, resizing.second)));
  return arguments;
}

Options Program::options() const {
  Options options;
  if (!open_extents)
    return options;
  for (const Tensor &argument : arguments()) {
    TensorSpec &spec = options.input_signature.emplace_back();
    spec.dtype = argument.dtype();
    for (const int64_t extent : argument.shape())
      spec.dims.push_back(extent > 1 ? dyn : extent);
  }
  return options;
}

bool Call::is_function() const {
  const std::span<const ops::OpDef> functions = ops::functions();
  return std::greater_equal<>()(op, functions.data()) && std::less<>()(op, functions.data() + functions.size());
}

bool Call::is_same_call(const Call &other) const {
  return is_function() && op == other.op && operands == other.operands && attrs == other.attrs &&
         result != other.result;
}

namespace {

std::vector<ops::TensorType> function_types(const ops::InferCall &call) {
  ops::TypeExpr::Context context(call);
  std::vector<ops::TypeExpr> operands;
  for (const ops::TensorType &type : call.types)
    operands.emplace_back(context, type);
  std::vector<ops::TensorType> types;
  for (const ops::TypeExpr &result : expansion::expand_function<ops::TypeExpr>(call.op, context, operands, call.attrs))
    types.push_back(result.type());
  return types;
}

} // namespace

std::optional<std::vector<ops::TensorType>> infer_call(const Program &program, const Call &call,
                                                       const std::vector<ops::TensorType> &types) {
  std::vector<ops::TensorType> operands;
  if (call.variable >= 0) {
    const Tensor &variable = program.variables[static_cast<size_t>(call.variable)];
    operands.emplace_back(variable.dtype(), variable.shape());
  }
  for (const int operand : call.operands)
    operands.push_back(operand < 0
                           ? ops::TensorType(program.literals[static_cast<size_t>(-1 - operand)].dtype, ops::Dims{})
                           : types[static_cast<size_t>(operand)]);
  try {
    ops::InferContext context;
    auto results = ops::infer(*call.op, operands, call.attrs, context, {});
    if (call.is_function())
      results = function_types({*call.op, operands, call.attrs, context, {}});
    else if (results.empty())
      results.emplace_back(DType::boolean, ops::Dims{});
    if (static_cast<size_t>(call.result) >= results.size())
      return std::nullopt;
    return results;
  } catch (const Error &) {
    return std::nullopt;
  }
}

std::optional<std::vector<ops::TensorType>> infer_all(const Program &program) {
  std::vector<ops::TensorType> types;
  for (const Input &input : program.inputs)
    types.emplace_back(input.stored.dtype(), input.value().shape());
  for (const Call &call : program.calls) {
    const auto results = infer_call(program, call, types);
    if (!results)
      return std::nullopt;
    types.push_back((*results)[static_cast<size_t>(call.result)]);
  }
  return types;
}

namespace {

bool is_float(const Tensor &x) { return x.defined() && is_floating(x.dtype()); }

/// Its captured inputs are the same tensors whenever they are asked for, so that a tape knows them.
Program without_gradients(const Program &program) {
  Program plain = program;
  plain.gradient_order = 0;
  for (Input &input : plain.inputs)
    if (input.captured)
      input = {input.value(), true, false};
  return plain;
}

/// What `run` returns, then its gradients by the inputs and Variables.
std::vector<Tensor> with_gradients(const Program &program, int order, const std::vector<Variable> &variables,
                                   const std::vector<Tensor> &arguments,
                                   const std::function<std::vector<Tensor>()> &run) {
  GradientTape tape({.persistent = order > 1});
  std::vector<Tensor> inputs, targets;
  size_t next = 0;
  for (const Input &input : program.inputs)
    if (const Tensor given = input.captured ? input.value() : arguments[next++]; is_float(given))
      inputs.push_back(given);
  std::vector<Variable> sources;
  for (const Variable &variable : variables)
    if (is_floating(variable.dtype()))
      sources.push_back(variable);
  tape.watch(inputs);
  std::vector<Tensor> results = run();
  for (const Tensor &result : results)
    if (is_float(result))
      targets.push_back(result);
  for (; order > 0; --order) {
    const auto [of_inputs, of_variables] =
        tape.gradient(targets, inputs, sources, GradientOptions{.unconnected = Unconnected::zero});
    targets = of_inputs;
    targets.insert(targets.end(), of_variables.begin(), of_variables.end());
    results.insert(results.end(), targets.begin(), targets.end());
  }
  return results;
}

} // namespace

std::vector<Tensor> evaluate(const Program &program, const std::vector<Variable> &variables,
                             const std::vector<Tensor> &arguments, std::vector<Tensor> *values) {
  if (program.gradient_order > 0) {
    const Program plain = without_gradients(program);
    return with_gradients(plain, program.gradient_order, variables, arguments,
                          [&] { return evaluate(plain, variables, arguments, values); });
  }
  runtime::Dispatcher &dispatcher = runtime::Dispatcher::current();
  std::vector<Tensor> own;
  std::vector<Tensor> &made = values ? *values : own;
  made.clear();
  size_t next = 0;
  for (const Input &input : program.inputs)
    made.push_back(input.captured ? input.value() : arguments[next++]);
  std::vector<Tensor> results;
  for (size_t i = 0; i < program.calls.size(); ++i) {
    const Call &call = program.calls[i];
    const Location location{"program", "", static_cast<int>(i) + 1};
    std::vector<Tensor> operands;
    for (const int operand : call.operands)
      operands.push_back(operand < 0 ? dispatcher.literal(program.literals[static_cast<size_t>(-1 - operand)], location)
                                     : made[static_cast<size_t>(operand)]);
    if (call.is_function()) {
      if (i == 0 || !call.is_same_call(program.calls[i - 1]))
        results = runtime::expand_call(*call.op, operands, call.attrs, location);
    } else {
      results.assign(static_cast<size_t>(call.op->result_count), Tensor());
      const auto *variable = call.variable < 0 ? nullptr : &variables[static_cast<size_t>(call.variable)].state();
      dispatcher.call({*call.op, operands, call.attrs, variable, location}, results);
    }
    const size_t result = static_cast<size_t>(call.result);
    ETCH_REQUIRE(result < results.size() || !call.has_result(), ErrorCode::out_of_range, location)
        << call.op->name << ": other extents give fewer results, got " << results.size();
    made.push_back(call.has_result() ? results[result] : Tensor());
  }
  std::vector<Tensor> returned;
  for (const int result : program.results)
    returned.push_back(made[static_cast<size_t>(result)]);
  return returned;
}

std::vector<Outcome> run_eagerly(const Program &program) {
  const std::vector<Variable> variables = make_variables(program);
  return outcomes_of(program, variables,
                     [&](const std::vector<Tensor> &arguments) { return evaluate(program, variables, arguments); });
}

Function<std::vector<Tensor>(const std::vector<Tensor> &)> traced(const Program &program,
                                                                  const std::vector<Variable> &variables) {
  return function([&](const std::vector<Tensor> &arguments) { return evaluate(program, variables, arguments); },
                  program.options());
}

Outcome outcome_of(const std::function<std::vector<Tensor>()> &call) {
  Outcome outcome;
  std::optional<PrintCapture> capture(std::in_place, outcome.printed);
  try {
    outcome.results = call();
  } catch (const Error &error) {
    outcome.error = error.summary();
    outcome.lacks_memory = error.code() == ErrorCode::too_large;
  } catch (const std::exception &error) {
    outcome.error = std::string("not an etch::Error: ") + error.what();
  }
  capture.reset();
  return outcome;
}

namespace {

/// A pass switched off while this object lives.
class DisabledPass {
public:
  explicit DisabledPass(const std::string &name) { setenv("ETCH_DISABLE", name.c_str(), 1); }
  ~DisabledPass() { unsetenv("ETCH_DISABLE"); }
  DisabledPass(const DisabledPass &) = delete;
};

} // namespace

std::vector<Outcome> run_compiled(const Program &program, const std::string &disabled_pass) {
  const DisabledPass disabled(disabled_pass);
  const std::vector<Variable> variables = make_variables(program);
  return outcomes_of(program, variables, traced(program, variables));
}

std::vector<Outcome> run_called(const Program &program, const std::string &disabled_pass) {
  const DisabledPass disabled(disabled_pass);
  const std::vector<Variable> variables = make_variables(program);
  Options options = program.options();
  options.no_inline = true;
  const auto inner =
      function([&](const std::vector<Tensor> &arguments) { return evaluate(program, variables, arguments); }, options);
  const auto outer =
      function([&](const std::vector<Tensor> &arguments) { return inner(arguments); }, program.options());
  return outcomes_of(program, variables, outer);
}

std::vector<Outcome> run_under_tape(const Program &program, const std::string &disabled_pass) {
  const DisabledPass disabled(disabled_pass);
  const std::vector<Variable> variables = make_variables(program);
  const Program plain = without_gradients(program);
  const auto function = traced(plain, variables);
  return outcomes_of(program, variables, [&](const std::vector<Tensor> &arguments) {
    return with_gradients(plain, program.gradient_order, variables, arguments, [&] { return function(arguments); });
  });
}

std::string difference(const Outcome &expected, const Outcome &got) {
  if (expected.error != got.error)
    return "expected error '" + expected.error + "', got '" + got.error + "'";
  if (expected.printed != got.printed)
    return "expected to see\n" + expected.printed + "got\n" + got.printed;
  for (size_t i = 0; i < expected.results.size(); ++i)
    if (const std::string text = difference(expected.results[i], got.results[i]); !text.empty())
      return "result " + std::to_string(i) + ": " + text;
  for (size_t i = 0; i < expected.variables.size(); ++i)
    if (const std::string text = difference(expected.variables[i], got.variables[i]); !text.empty())
      return "variable " + std::to_string(i) + ": " + text;
  return "";
}

std::string difference(const std::vector<Outcome> &expected, const std::vector<Outcome> &got) {
  for (size_t run = 0; run < expected.size(); ++run) {
    if (expected[run].lacks_memory && got[run].error.empty())
      break;
    if (const std::string text = difference(expected[run], got[run]); !text.empty())
      return "run " + std::to_string(run) + ", " + text;
  }
  return "";
}

} // namespace etch::test
