// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of the user's in a recording: what computes them is recorded at once, since it may hold values of the
// trace.
#include "runtime/custom_gradient.h"
#include "support/require.h"
#include "tracer/call_frames.h"
#include "tracer/recorder.h"

namespace etch::tracer {
namespace {

/// Gradients of the user's may use themselves (that of exp is exp), so that what is recorded of them has to end.
constexpr int kMostNested = 6;
thread_local int nested = 0;

struct Nesting {
  Nesting() { ++nested; }
  ~Nesting() { --nested; }
};

} // namespace

void Recorder::custom_call(std::span<const detail::GradientLeaf> operands, std::span<const Tensor> results,
                           const runtime::CustomCall &call, Location location) {
  TraceCustomGradient custom{};
  custom.location = location;
  for (const detail::GradientLeaf &operand : operands)
    custom.operands.push_back(
        operand.variable
            ? TraceCustomGradient::Operand{Trace::kUndefined, variable_index(operand.variable, call.name(), location)}
        : operand.tensor.defined() ? TraceCustomGradient::Operand{value_of(operand.tensor, call.name(), location), -1}
                                   : TraceCustomGradient::Operand{Trace::kUndefined, -1});
  for (const Tensor &result : results)
    custom.results.push_back(result.defined() ? value_of(result, call.name(), location) : Trace::kUndefined);
  try {
    record_pullback(call, custom, location);
  } catch (const Error &error) {                // eagerly it is raised where the gradient is asked for
    if (!trace_.symbols.empty() && may_settle_) // for the shapes of the call there may be none
      throw OpenExtentError(error);
    custom.error = std::current_exception();
  } catch (...) {
    custom.error = std::current_exception();
  }
  custom.position = static_cast<int>(trace_.ops.size());
  trace_.custom_gradients.push_back(std::move(custom));
}

void Recorder::record_pullback(const runtime::CustomCall &call, TraceCustomGradient &custom, Location location) {
  const Nesting nesting;
  ETCH_REQUIRE(nested <= kMostNested, ErrorCode::unsupported, location)
      << "custom_gradient: a traced function has gradients of a callable's own up to order " << kMostNested
      << ", got one of order " << nested;
  std::vector<ArgumentSpec> specs;
  std::vector<TraceSymbol> symbols;
  for (size_t j = 0; j < call.results().size(); ++j) {
    specs.push_back({"gradient " + std::to_string(j), call.results()[j]});
    for (size_t axis = 0; specs.back().type && axis < specs.back().type->dims.size(); ++axis)
      if (ops::Dim &dim = specs.back().type->dims[axis]; !dim.is_static()) {
        const std::string name = "a" + std::to_string(j) + "_" + std::to_string(axis);
        symbols.push_back({name, static_cast<int>(j), static_cast<int>(axis)});
        dim = ops::Dim::symbol(name);
      }
  }
  const CallFrameScope own_ops(nullptr);
  Recorder inner(trace_.name + "_pullback", specs, std::move(symbols), location);
  detail::FlatValues gradients;
  {
    const runtime::DispatcherScope scope(inner);
    const std::vector<Tensor> dys = inner.arguments();
    gradients.tensors = call.pullback()(dys);
  }
  inner.check_no_leaks(gradients);
  Trace trace = inner.finish(gradients);
  make_arguments_of_captures(trace, custom, location);
  trace.is_reusable = true;
  custom.pullback = std::make_shared<const Trace>(std::move(trace));
}

void Recorder::make_arguments_of_captures(Trace &trace, TraceCustomGradient &custom, Location location) {
  constexpr const char *what = "custom_gradient";
  std::vector<Tensor> captured;
  std::vector<int> captured_values;
  std::map<int, LateCapture> late;
  for (size_t i = 0; i < trace.captured.size(); ++i) {
    const int value = trace.captured_values[i];
    if (!trace.captured[i].is_symbolic()) { // an eager tensor, or one that is read late
      const auto position = static_cast<int>(captured.size());
      trace.values[static_cast<size_t>(value)].index = position;
      if (auto late_read = trace.late.extract(static_cast<int>(i))) {
        late_read.key() = position;
        late.insert(std::move(late_read));
      }
      captured.push_back(trace.captured[i]);
      captured_values.push_back(value);
      continue;
    }
    const auto argument = static_cast<int>(trace.arguments.size());
    custom.values.push_back(value_of(trace.captured[i], what, location));
    trace.values[static_cast<size_t>(value)].origin = Origin::argument;
    trace.values[static_cast<size_t>(value)].index = argument;
    trace.arguments.push_back(value);
    trace.argument_paths.push_back("value " + std::to_string(argument));
    for (TraceSymbol &symbol : trace.symbols)
      if (symbol.captured == static_cast<int>(i)) {
        symbol.captured = -1;
        symbol.argument = argument;
      }
  }
  trace.late = std::move(late);
  trace.captured = std::move(captured);
  trace.captured_values = std::move(captured_values);
  for (size_t i = 0; i < trace.variables.size(); ++i) {
    custom.variables.push_back(variable_index(trace.variables[i].state, what, location));
    trace.variables[i].state = nullptr;
    trace.variables[i].argument = static_cast<int>(i);
  }
}

} // namespace etch::tracer
