// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/interpret.h"

#include "runtime/dispatcher.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"

namespace etch::tracer {

ops::Attrs with_dims(ops::Attrs attrs, const std::function<ops::Dim(const ops::Dim &)> &replacement) {
  for (ops::Attr &attr : attrs) {
    if (auto *dim = std::get_if<ops::Dim>(&attr))
      *dim = replacement(*dim);
    if (auto *dims = std::get_if<ops::Dims>(&attr))
      for (ops::Dim &each : *dims)
        each = replacement(each);
  }
  return attrs;
}

ops::Attrs SymbolValues::evaluate(const ops::Attrs &attrs) const {
  return with_dims(attrs, [this](const ops::Dim &dim) { return evaluate(dim); });
}

ops::Dim SymbolValues::evaluate(const ops::Dim &dim) const {
  if (dim.is_static())
    return dim;
  return dim.substitute([this](const std::string &symbol) { return value_of(symbol); });
}

ops::Dim SymbolValues::value_of(const std::string &symbol) const {
  for (const TraceSymbol &known : trace_.symbols)
    if (known.name == symbol) {
      if (known.outer)
        return *known.outer;
      const Tensor &tensor = known.captured < 0 ? *arguments_.tensors.data()[known.argument]
                                                : trace_.captured[static_cast<size_t>(known.captured)];
      return where_.type_of(tensor, trace_.name.c_str(), {}).dims[static_cast<size_t>(known.axis)];
    }
  ETCH_CHECK(false) << "symbol " << symbol << " has no value";
  return 0;
}

std::vector<Tensor> interpret(const Trace &trace, const detail::FlatArguments &arguments,
                              runtime::Dispatcher &dispatcher) {
  // Composite ops call public functions, which ask for the thread's dispatcher.
  const runtime::DispatcherScope scope(dispatcher);
  const SymbolValues symbols(trace, arguments, dispatcher);
  std::vector<Tensor> values(trace.values.size());
  for (size_t i = 0; i < trace.arguments.size(); ++i)
    if (trace.arguments[i] != Trace::kUndefined)
      values[static_cast<size_t>(trace.arguments[i])] = *arguments.tensors.data()[i];
  for (size_t i = 0; i < trace.captured.size(); ++i)
    values[static_cast<size_t>(trace.captured_values[i])] = trace.captured[i];
  for (const auto &[position, late] : trace.late)
    values[static_cast<size_t>(trace.captured_values[static_cast<size_t>(position)])] =
        dispatcher.late([copy = late] { return copy.value(); }, late.location);

  for (const auto &object : trace.kept)
    dispatcher.keep(object);
  for (const TraceOp &op : trace.ops) {
    std::vector<Tensor> operands;
    for (int operand : op.operands)
      operands.push_back(values[static_cast<size_t>(operand)]);
    const ops::Attrs attrs = symbols.evaluate(op.attrs);
    const NameScope name_scope(op.scope);
    std::vector<Tensor> results(op.results.size());
    const auto *variable =
        op.variable < 0 ? nullptr : &trace.state_of(trace.variables[static_cast<size_t>(op.variable)], arguments);
    dispatcher.call({*op.def, operands, attrs, variable, op.location}, results);
    for (size_t i = 0; i < results.size(); ++i)
      values[static_cast<size_t>(op.results[i])] = std::move(results[i]);
  }

  std::vector<Tensor> results;
  for (int result : trace.results)
    results.push_back(result == Trace::kUndefined ? Tensor() : values[static_cast<size_t>(result)]);
  return results;
}

} // namespace etch::tracer
