// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/verify.h"

#include "runtime/concrete_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/concrete_function.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace etch::tracer {
namespace {

ops::Scalar element(const Tensor &tensor, int64_t index) {
  runtime::ConcreteNode &node = runtime::concrete(tensor);
  const size_t bytes = size_of(node.dtype);
  ops::Scalar scalar{node.dtype, 0};
  std::memcpy(&scalar.bits, static_cast<const char *>(node.contiguous_elements()) + static_cast<size_t>(index) * bytes,
              bytes);
  return scalar;
}

bool same(const ops::Scalar &a, const ops::Scalar &b) {
  return a.bits == b.bits || (is_floating(a.dtype) && std::isnan(a.as_double()) && std::isnan(b.as_double()));
}

/// How many numbers of the dtype lie between two, one of them included.
std::string ulps(const ops::Scalar &a, const ops::Scalar &b) {
  if (!is_floating(a.dtype) || std::isnan(a.as_double()) || std::isnan(b.as_double()))
    return "";
  const int bits = static_cast<int>(size_of(a.dtype)) * 8;
  const auto ordered = [&](const ops::Scalar &x) { // so that neighbours differ by one
    const auto magnitude = static_cast<int64_t>(x.bits & ~(uint64_t{1} << (bits - 1)));
    return x.bits >> (bits - 1) & 1 ? -magnitude : magnitude;
  };
  const auto distance = static_cast<uint64_t>(ordered(a)) - static_cast<uint64_t>(ordered(b));
  return ", " + std::to_string(ordered(a) < ordered(b) ? 0 - distance : distance) + " ulp";
}

std::string index_text(const Shape &shape, int64_t flat) {
  std::vector<int64_t> index(static_cast<size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0; flat /= shape[axis])
    index[static_cast<size_t>(axis)] = flat % shape[axis];
  std::string text = "[";
  for (size_t i = 0; i < index.size(); ++i)
    text += (i ? "," : "") + std::to_string(index[i]);
  return text + "]";
}

/// The value of a trace as compiled code computes it.
Tensor compiled_value(const Trace &trace, size_t ops, int value, const detail::FlatArguments &arguments) {
  Trace beginning = trace;
  beginning.ops.resize(ops);
  beginning.results = {value};
  beginning.result_variables.clear();
  beginning.result_tokens.clear();
  detail::FlatResults results;
  const bool passes = ConcreteFunction(std::move(beginning), {}).run_silently(arguments, results);
  ETCH_CHECK(passes) << "a check has passed and now fails";
  return results.tensors.data()[0];
}

} // namespace

void OpLog::call(const runtime::OpCall &call, std::span<Tensor> results) {
  const runtime::DispatcherScope eagerly(eager()); // what an expansion calls is not of the trace
  eager().call(call, results);
  entries.push_back({&call.op, call.location, {results.begin(), results.end()}});
}

SavedVariables::SavedVariables(const Trace &trace, const detail::FlatArguments &arguments) {
  for (const TraceVariable &variable : trace.variables) {
    states_.push_back(trace.state_of(variable, arguments));
    std::lock_guard lock(states_.back()->mutex);
    values_.push_back(states_.back()->value);
  }
}

void SavedVariables::restore() const {
  for (size_t i = 0; i < states_.size(); ++i) {
    std::lock_guard lock(states_[i]->mutex);
    states_[i]->value = values_[i];
  }
}

std::string SavedVariables::difference_from_now() const {
  for (size_t i = 0; i < states_.size(); ++i) {
    Tensor now;
    {
      std::lock_guard lock(states_[i]->mutex);
      now = states_[i]->value;
    }
    if (const std::string text = difference(now, values_[i]); !text.empty())
      return "variable '" + states_[i]->name + "', " + text;
  }
  return "";
}

std::string difference(const Tensor &a, const Tensor &b, const char *of_a, const char *of_b) {
  const auto both = [&](const std::string &text_a, const std::string &text_b) {
    return text_a + " " + of_a + ", " + text_b + " " + of_b;
  };
  if (!a.defined() || !b.defined() || spec_text(a) != spec_text(b))
    return spec_text(a) == spec_text(b) ? "" : both(spec_text(a), spec_text(b));
  for (int64_t i = 0; i < a.size(); ++i) {
    const ops::Scalar x = element(a, i), y = element(b, i);
    if (!same(x, y))
      return "element " + index_text(a.shape(), i) + ": " + both(x.text(), y.text()) + ulps(x, y);
  }
  return "";
}

std::string first_difference(const Trace &trace, const OpLog &log, const detail::FlatArguments &arguments,
                             const SavedVariables &before) {
  std::vector<size_t> ops; // of the trace, without literals, which eager code does not log
  for (size_t i = 0; i < trace.ops.size(); ++i)
    if (!trace.ops[i].is_literal)
      ops.push_back(i);
  for (size_t i = 0; i < std::min(ops.size(), log.entries.size()); ++i)
    if (trace.ops[ops[i]].def != log.entries[i].def)
      return std::string("the callable calls ") + log.entries[i].def->name + place(log.entries[i].location) +
             " where it called " + trace.ops[ops[i]].def->name + place(trace.ops[ops[i]].location) + " when traced";
  if (ops.size() != log.entries.size())
    return "the callable calls " + std::to_string(log.entries.size()) + " operations, " + std::to_string(ops.size()) +
           " when traced";
  const auto difference_at = [&](size_t i) {
    const TraceOp &op = trace.ops[ops[i]];
    if (op.results.empty())
      return std::string();
    before.restore();
    const std::string text =
        difference(log.entries[i].results[0], compiled_value(trace, ops[i] + 1, op.results[0], arguments));
    before.restore();
    return text.empty() ? text : std::string(op.def->name) + place(op.location) + ", " + text;
  };
  for (size_t i = 0; i < ops.size(); ++i)
    if (const std::string text = difference_at(i); !text.empty())
      return text;
  return "";
}

} // namespace etch::tracer
