// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/purity.h"

#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/frozen_values.h"
#include "tracer/verify.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace etch::tracer {
namespace {

[[noreturn]] void raise(const Trace &trace, const std::string &difference, Location location) {
  throw Error(ErrorCode::tracing, trace.name + ": two traces of the callable must be the same, got " + difference,
              location, "what changes from call to call must come in as an argument, a Variable or late()");
}

/// "exp at model.cpp:12", "argument 'x'", "a captured tensor f32[2]".
std::string origin_text(const Trace &trace, int value) {
  if (value == Trace::kUndefined)
    return "nothing";
  const TraceValue &entry = trace.values[static_cast<size_t>(value)];
  const auto index = static_cast<size_t>(entry.index);
  if (entry.origin == Origin::argument)
    return trace.argument_paths[index];
  if (entry.origin == Origin::captured)
    return "a captured tensor " + entry.type.message_text() + place(entry.created_at);
  const TraceOp &op = trace.ops[index];
  if (op.is_literal)
    for (const ops::Attr &attr : op.attrs)
      if (const auto *scalar = std::get_if<ops::Scalar>(&attr))
        return "the number " + scalar->text() + place(op.location);
  return op.def->name + place(op.location);
}

void require_same_op(const Trace &first, const Trace &second, size_t index) {
  const TraceOp &a = first.ops[index], &b = second.ops[index];
  if (a.def != b.def)
    raise(first, std::string(a.def->name) + place(a.location) + ", then " + b.def->name + place(b.location),
          b.location);
  const std::string name = a.def->name;
  for (size_t i = 0; i < a.attrs.size(); ++i)
    if (!(a.attrs[i] == b.attrs[i]) && !is_numbered_anew(a.def->attrs[i]))
      raise(first,
            name + " with " + a.def->attrs[i].name + " = " + attr_text(a.attrs[i]) + place(a.location) + ", then " +
                attr_text(b.attrs[i]),
            b.location);
  for (size_t i = 0; i < std::min(a.operands.size(), b.operands.size()); ++i)
    if (a.operands[i] != b.operands[i])
      raise(first,
            name + place(a.location) + " of " + origin_text(first, a.operands[i]) + ", then of " +
                origin_text(second, b.operands[i]),
            b.location);
  if (a.variable != b.variable)
    raise(first,
          name + place(a.location) + " of Variable '" + first.variables[static_cast<size_t>(a.variable)].name +
              "', then of '" + second.variables[static_cast<size_t>(b.variable)].name + "'",
          b.location);
}

/// What an op uses in one trace and another Variable in the other.
void require_same_variables(const Trace &first, const Trace &second) {
  for (size_t i = 0; i < std::min(first.variables.size(), second.variables.size()); ++i) {
    const TraceVariable &a = first.variables[i], &b = second.variables[i];
    if (a.state == b.state && a.argument == b.argument)
      continue;
    const auto use = std::ranges::find(second.ops, static_cast<int>(i), &TraceOp::variable);
    const Location made_first = a.state ? a.state->created_at : Location(),
                   made_then = b.state ? b.state->created_at : Location();
    raise(first,
          "Variable '" + a.name + "'" + place(made_first, " made at ") + ", then '" + b.name + "'" +
              place(made_then, " made at "),
          use == second.ops.end() ? Location() : use->location);
  }
}

/// Equal tensors may be made anew each time.
void require_same_captures(const Trace &first, const Trace &second) {
  for (size_t i = 0; i < std::min(first.captured.size(), second.captured.size()); ++i) {
    const Tensor &a = first.captured[i], &b = second.captured[i];
    if (!a.defined() || !b.defined()) // it is asked for at each call
      continue;
    const auto value = static_cast<size_t>(second.captured_values[i]);
    if (spec_text(a) != spec_text(b))
      raise(first, "a captured tensor " + spec_text(a) + ", then " + spec_text(b), second.values[value].created_at);
    if (const std::string text = difference(a, b, "first", "then"); !text.empty())
      raise(first, "a captured tensor " + spec_text(a) + " with " + text, second.values[value].created_at);
  }
}

void require_same_results(const Trace &first, const Trace &second) {
  if (first.results.size() != second.results.size())
    raise(first, std::to_string(first.results.size()) + " results, then " + std::to_string(second.results.size()), {});
  for (size_t i = 0; i < first.results.size(); ++i)
    if (first.results[i] != second.results[i])
      raise(first,
            "result " + std::to_string(i) + " from " + origin_text(first, first.results[i]) + ", then from " +
                origin_text(second, second.results[i]),
            {});
  for (size_t i = 0; i < std::min(first.result_variables.size(), second.result_variables.size()); ++i)
    if (first.result_variables[i].state != second.result_variables[i].state)
      raise(first,
            "the result Variable '" + first.result_variables[i].name + "', then '" + second.result_variables[i].name +
                "'",
            {});
  if (first.result_tokens != second.result_tokens)
    raise(first, "results with some C++ values, then with others", {});
}

} // namespace

void require_same(const Trace &first, const Trace &second) {
  for (size_t i = 0; i < std::min(first.ops.size(), second.ops.size()); ++i)
    require_same_op(first, second, i);
  if (first.ops.size() != second.ops.size()) {
    const Trace &longer = first.ops.size() > second.ops.size() ? first : second;
    const TraceOp &extra = longer.ops[std::min(first.ops.size(), second.ops.size())];
    raise(first,
          std::to_string(first.ops.size()) + " operations, then " + std::to_string(second.ops.size()) + ": " +
              extra.def->name + place(extra.location) + " is in one alone",
          extra.location);
  }
  require_same_captures(first, second);
  require_same_variables(first, second);
  require_same_results(first, second);
}

namespace {

thread_local PurityScope *current_scope = nullptr;

} // namespace

PurityScope::PurityScope() : outer_(std::exchange(current_scope, this)) {}
PurityScope::~PurityScope() { current_scope = outer_; }

bool PurityScope::is_to_compare(const void *function, std::span<const uint64_t> signature) {
  return current_scope &&
         current_scope->compared_.emplace(function, std::vector(signature.begin(), signature.end())).second;
}

} // namespace etch::tracer
