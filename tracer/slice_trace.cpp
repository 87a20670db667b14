// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/slice_trace.h"

#include "support/require.h"

#include <string>

namespace etch::tracer {
namespace {

class Slicer {
public:
  Slicer(const Trace &whole, int first) : whole_(whole), first_(first), ids_(whole.values.size(), Trace::kUndefined) {
    part_.name = whole.name;
    part_.traced_at = whole.traced_at;
    part_.argument_variables = whole.argument_variables;
    part_.kept = whole.kept;
    part_.assumptions = whole.assumptions;
    part_.settled = whole.settled;
    part_.integers_are_checked = whole.integers_are_checked;
    variables_.resize(whole.variables.size(), -1);
  }

  void add_argument(int value) {
    const auto position = static_cast<int>(part_.arguments.size());
    part_.argument_paths.push_back("value " + std::to_string(position));
    part_.arguments.push_back(value == Trace::kUndefined ? value : add_value(value, Origin::argument, position));
  }

  void add_op(const TraceOp &op) {
    TraceOp copy = op;
    for (int &operand : copy.operands)
      operand = id_of(operand);
    if (op.variable >= 0)
      copy.variable = variable_of(op.variable);
    const auto index = static_cast<int>(part_.ops.size());
    for (int &result : copy.results) {
      const int value = result;
      result = add_value(value, Origin::result, index);
      if (const auto number = whole_.captured_numbers.find(value); number != whole_.captured_numbers.end())
        part_.captured_numbers.emplace(result, number->second);
    }
    part_.ops.push_back(std::move(copy));
  }

  void add_custom_gradient(const TraceCustomGradient &custom) {
    TraceCustomGradient copy = custom;
    const auto rename = [this](int &value) {
      if (value != Trace::kUndefined)
        value = id_of(value);
    };
    for (TraceCustomGradient::Operand &operand : copy.operands) {
      rename(operand.value);
      if (operand.variable >= 0)
        operand.variable = variable_of(operand.variable);
    }
    for (int &result : copy.results)
      rename(result);
    for (int &value : copy.values)
      rename(value);
    for (int &variable : copy.variables)
      variable = variable_of(variable);
    copy.position = static_cast<int>(part_.ops.size());
    part_.custom_gradients.push_back(std::move(copy));
  }

  void add_result(int value) { part_.results.push_back(value == Trace::kUndefined ? value : id_of(value)); }

  Trace finish() {
    for (const TraceSymbol &symbol : whole_.symbols)
      if (const auto source = source_of(symbol.name))
        part_.symbols.push_back(*source);
    return std::move(part_);
  }

private:
  int add_value(int value, Origin origin, int index) {
    const TraceValue &old = whole_.values[static_cast<size_t>(value)];
    part_.values.push_back({old.type, origin, index, old.created_at});
    return ids_[static_cast<size_t>(value)] = static_cast<int>(part_.values.size()) - 1;
  }

  int id_of(int value) {
    if (const int known = ids_[static_cast<size_t>(value)]; known != Trace::kUndefined)
      return known;
    const TraceValue &entry = whole_.values[static_cast<size_t>(value)];
    if (entry.origin == Origin::captured)
      return capture(value, static_cast<size_t>(entry.index));
    const TraceOp *op = entry.origin == Origin::result ? &whole_.ops[static_cast<size_t>(entry.index)] : nullptr;
    ETCH_CHECK(op && entry.index < first_ && is_constant(*op))
        << whole_.name << " is cut at a value that is no argument";
    add_op(*op);
    return ids_[static_cast<size_t>(value)];
  }

  int capture(int value, size_t index) {
    const auto position = static_cast<int>(part_.captured.size());
    part_.captured.push_back(whole_.captured[index]);
    if (const auto late = whole_.late.find(static_cast<int>(index)); late != whole_.late.end())
      part_.late.emplace(position, late->second);
    part_.captured_values.push_back(add_value(value, Origin::captured, position));
    return part_.captured_values.back();
  }

  int variable_of(int variable) {
    int &known = variables_[static_cast<size_t>(variable)];
    if (known < 0) {
      known = static_cast<int>(part_.variables.size());
      part_.variables.push_back(whole_.variables[static_cast<size_t>(variable)]);
    }
    return known;
  }

  std::optional<TraceSymbol> source_of(const std::string &symbol) const {
    for (size_t i = 0; i < part_.arguments.size(); ++i) {
      if (part_.arguments[i] == Trace::kUndefined)
        continue;
      const ops::Dims &dims = part_.type(part_.arguments[i]).dims;
      for (size_t axis = 0; axis < dims.size(); ++axis)
        if (dims[axis] == ops::Dim::symbol(symbol))
          return TraceSymbol{symbol, static_cast<int>(i), static_cast<int>(axis)};
    }
    return std::nullopt;
  }

  const Trace &whole_;
  const int first_;
  Trace part_;
  std::vector<int> ids_;       // in the part, by value of the whole
  std::vector<int> variables_; // the same of Variables
};

} // namespace

bool is_constant(const TraceOp &op) {
  return op.operands.empty() && op.variable < 0 && op.def->effect == ops::Effect::none;
}

Trace slice(const Trace &whole, int first, int end, std::span<const int> arguments, std::span<const int> results) {
  Slicer slicer(whole, first);
  for (const int argument : arguments)
    slicer.add_argument(argument);
  auto custom = whole.custom_gradients.begin();
  for (int op = first; op < end; ++op) {
    slicer.add_op(whole.ops[static_cast<size_t>(op)]);
    for (; custom != whole.custom_gradients.end() && custom->position <= op + 1; ++custom)
      if (custom->position == op + 1)
        slicer.add_custom_gradient(*custom);
  }
  for (const int result : results)
    slicer.add_result(result);
  return slicer.finish();
}

} // namespace etch::tracer
