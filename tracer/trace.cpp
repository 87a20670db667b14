// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/trace.h"

#include "runtime/dispatcher.h"
#include "runtime/symbolic_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/late_reads.h"

#include <algorithm>

namespace etch::tracer {
namespace {

std::string value_text(const Trace &trace, int value) {
  return value == Trace::kUndefined ? "undefined" : trace.type(value).message_text();
}

} // namespace

Tensor LateCapture::value() const {
  const runtime::DispatcherScope eagerly(runtime::Dispatcher::eager());
  return value_here();
}

Tensor LateCapture::value_here() const {
  if (Tensor known = LateReads::take(key); known.defined())
    return known;
  const Tensor tensor = read();
  const ops::TensorType now = runtime::type_of(tensor, "late", location);
  ETCH_REQUIRE(now == type, now.dtype == type.dtype ? ErrorCode::shape : ErrorCode::dtype, location)
      << "late: the tensor must be " << type.message_text() << ", as it was traced, got " << now.message_text();
  runtime::require_concrete(tensor, "late", location);
  return tensor;
}

ResultLayout layout_results(const Trace &trace) {
  ResultLayout layout;
  std::vector<int> last_use;
  for (const int result : trace.results) {
    if (result == Trace::kUndefined) {
      layout.results.push_back({Trace::kUndefined, false});
      continue;
    }
    const auto known = std::find(layout.values.begin(), layout.values.end(), result);
    const auto output = known - layout.values.begin();
    if (known == layout.values.end()) {
      layout.values.push_back(result);
      last_use.push_back(0);
    }
    last_use[static_cast<size_t>(output)] = static_cast<int>(layout.results.size());
    layout.results.push_back({static_cast<int>(output), false});
  }
  for (const int position : last_use)
    layout.results[static_cast<size_t>(position)].is_last_use = true;
  return layout;
}

std::string variable_text(std::span<const ArgumentVariable> variables, size_t position,
                          std::span<const detail::Leaf> leaves) {
  const ArgumentVariable &variable = variables[position];
  std::string text = "Variable " + variable.type.message_text() + (variable.trainable ? "" : " (not trainable)");
  int before = variable.first;
  if (static_cast<size_t>(before) == position)
    return text;
  for (const detail::Leaf &leaf : leaves)
    if (leaf.kind == detail::Leaf::Kind::variable && before-- == 0)
      text += " (the same as " + user_path(leaf.path) + ")";
  return text;
}

std::string user_path(std::string path) {
  const std::string named = "argument '";
  if (!path.starts_with(named))
    return path;
  path = path.substr(named.size());
  return path.erase(path.find('\''), 1);
}

std::string argument_text(const Trace &trace, size_t position) {
  const int value = trace.arguments[position];
  if (value == Trace::kUndefined)
    return "undefined";
  const ops::TensorType &type = trace.type(value);
  std::string text = std::string(name_of(type.dtype)) + "[";
  for (size_t axis = 0; axis < type.dims.size(); ++axis) {
    const auto is_here = [&](const TraceSymbol &symbol) {
      return symbol.argument == static_cast<int>(position) && symbol.axis == static_cast<int>(axis);
    };
    const auto symbol = std::ranges::find_if(trace.symbols, is_here);
    text += axis ? "," : "";
    text += type.dims[axis].is_static()                               ? type.dims[axis].text()
            : symbol == trace.symbols.end() || symbol->bucket.empty() ? "?"
                                                                      : symbol->bucket;
  }
  return text + "]";
}

std::string extent_text(const Trace &trace, const ops::Dim &dim) {
  const auto named = [&](const std::string &symbol) {
    for (const TraceSymbol &known : trace.symbols)
      if (known.name == symbol && known.argument >= 0)
        return ops::Dim::symbol(user_path(trace.argument_paths[static_cast<size_t>(known.argument)]) + ".dim(" +
                                std::to_string(known.axis) + ")");
    return ops::Dim::symbol(symbol);
  };
  return dim.substitute(named).text();
}

std::vector<std::pair<std::string, Location>> assumption_texts(const Trace &trace) {
  std::vector<std::pair<std::string, Location>> texts;
  for (const auto &[a, b, location] : trace.assumptions.equalities()) {
    std::string text = extent_text(trace, a) + " = " + extent_text(trace, b);
    if (std::ranges::find(texts, text, &std::pair<std::string, Location>::first) == texts.end())
      texts.emplace_back(std::move(text), location);
  }
  return texts;
}

namespace {

std::vector<std::string> argument_texts(const Trace &trace) {
  std::vector<std::string> texts;
  size_t tensor = 0, variable = 0;
  for (const detail::Leaf &leaf : trace.leaves) {
    const std::string path = user_path(leaf.path);
    if (leaf.kind == detail::Leaf::Kind::value)
      texts.push_back(path + " = " + leaf.text + (leaf.type.empty() ? "" : " (" + leaf.type + ")"));
    else if (leaf.kind == detail::Leaf::Kind::tensor)
      texts.push_back(path + ": " + argument_text(trace, tensor++));
    else
      texts.push_back(path + ": " + variable_text(trace.argument_variables, variable++, trace.leaves));
  }
  return texts;
}

std::vector<std::string> result_texts(const Trace &trace) {
  std::vector<std::string> texts;
  for (const int result : trace.results)
    texts.push_back(value_text(trace, result));
  for (const TraceVariable &variable : trace.result_variables)
    texts.push_back("Variable " + variable.type.message_text());
  return texts;
}

std::vector<std::string> capture_texts(const Trace &trace, bool with_places) {
  const auto at = [&](Location location) { return with_places ? place(location) : std::string(); };
  std::vector<std::string> texts;
  for (const TraceVariable &variable : trace.variables)
    if (variable.state)
      texts.push_back(variable.name + ": Variable " + variable.type.message_text() + at(variable.state->created_at));
  for (const int value : trace.captured_values)
    texts.push_back(value_text(trace, value) + at(trace.values[static_cast<size_t>(value)].created_at));
  return texts;
}

/// What a call must be like beside its arguments.
std::vector<std::string> condition_texts(const Trace &trace) {
  std::vector<std::string> texts;
  for (const SettledExtent &extent : trace.settled)
    texts.push_back(extent.text);
  for (auto &[text, location] : assumption_texts(trace))
    texts.push_back(std::move(text));
  if (trace.integers_are_checked)
    texts.push_back("integers are checked");
  return texts;
}

std::string joined(const std::vector<std::string> &texts, const std::string &separator) {
  std::string text;
  for (size_t i = 0; i < texts.size(); ++i)
    text += (i ? separator : "") + texts[i];
  return text;
}

} // namespace

std::string short_text(const Trace &trace) {
  const std::vector<std::string> results = result_texts(trace), captures = capture_texts(trace, false),
                                 conditions = condition_texts(trace);
  return trace.name + "(" + joined(argument_texts(trace), ", ") + ") -> " +
         (results.size() == 1 ? results[0] : "(" + joined(results, ", ") + ")") +
         (captures.empty() ? "" : " captures {" + joined(captures, ", ") + "}") +
         (conditions.empty() ? "" : " where " + joined(conditions, ", "));
}

std::string long_text(const Trace &trace) {
  std::string text = trace.name + "\n";
  const auto add = [&](const char *title, const std::vector<std::string> &lines) {
    if (!lines.empty())
      text += std::string("  ") + title + "\n    " + joined(lines, "\n    ") + "\n";
  };
  add("arguments", argument_texts(trace));
  add("results", result_texts(trace));
  add("captures", capture_texts(trace, true));
  add("where", condition_texts(trace));
  return text;
}

TensorSpec spec_of(const ops::TensorType &type) {
  TensorSpec spec{type.dtype, {}};
  for (const ops::Dim &dim : type.dims)
    spec.dims.push_back(dim.is_static() ? dim.value() : dyn);
  return spec;
}

} // namespace etch::tracer
