// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/frozen_values.h"

#include "ops/rules.h"

#include <algorithm>
#include <string_view>

namespace etch::tracer {
namespace {

/// A default of the public interface as attr_text() writes it: "{}" as "[]", "DType::f32" as "f32".
std::string default_text(const ops::AttrDef &attr) {
  std::string text = attr.default_text;
  std::ranges::replace(text, '{', '[');
  std::ranges::replace(text, '}', ']');
  constexpr std::string_view scope = "DType::";
  return text.starts_with(scope) ? text.substr(scope.size()) : text;
}

bool has_number(const ops::Attr &attr) {
  const auto is_known = [](const ops::Dim &dim) { return dim.is_static(); };
  if (const auto *dim = std::get_if<ops::Dim>(&attr))
    return is_known(*dim);
  if (const auto *dims = std::get_if<ops::Dims>(&attr))
    return std::ranges::any_of(*dims, is_known);
  return true;
}

/// "reduce_sum: axes = [0], keep_dims = true"; "" where the user gave nothing but tensors.
std::string attrs_text(const TraceOp &op) {
  std::string text;
  for (size_t i = 0; i < op.attrs.size(); ++i) {
    const ops::AttrDef &attr = op.def->attrs[i];
    const std::string value = attr_text(op.attrs[i]);
    if (!is_numbered_anew(attr) && has_number(op.attrs[i]) && value != default_text(attr))
      text += (text.empty() ? ": " : ", ") + std::string(attr.name) + " = " + value;
  }
  return text.empty() ? "" : op.def->name + text;
}

} // namespace

std::string attr_text(const ops::Attr &attr) {
  const auto text = []<class T>(const T &value) -> std::string {
    if constexpr (std::is_same_v<T, ops::Scalar> || std::is_same_v<T, ops::Dim>)
      return value.text();
    else if constexpr (std::is_same_v<T, ops::Dims>)
      return "[" + ops::text_of(value) + "]";
    else if constexpr (std::is_same_v<T, std::string>)
      return "\"" + value + "\"";
    else if constexpr (std::is_same_v<T, bool>)
      return value ? "true" : "false";
    else if constexpr (std::is_same_v<T, int64_t>)
      return std::to_string(value);
    else if constexpr (std::is_same_v<T, DType>)
      return name_of(value);
    else
      return ops::list_text(value);
  };
  return std::visit(text, attr);
}

bool is_numbered_anew(const ops::AttrDef &attr) { return attr.name == std::string_view("callback"); }

std::vector<FrozenValue> frozen_values(const Trace &trace) {
  std::vector<FrozenValue> frozen;
  for (const detail::Leaf &leaf : trace.leaves)
    if (leaf.kind == detail::Leaf::Kind::value)
      frozen.push_back({user_path(leaf.path) + " = " + leaf.text, trace.traced_at});
  for (size_t i = 0; i < trace.captured.size(); ++i)
    if (trace.captured[i].defined()) { // else it is asked for at each call
      const auto value = static_cast<size_t>(trace.captured_values[i]);
      frozen.push_back({"a tensor " + trace.values[value].type.message_text(), trace.values[value].created_at});
    }
  for (const TraceOp &op : trace.ops) {
    if (op.is_literal)
      for (const ops::Attr &attr : op.attrs)
        if (const auto *scalar = std::get_if<ops::Scalar>(&attr))
          frozen.push_back({scalar->text(), op.location});
    if (const std::string text = op.is_literal ? "" : attrs_text(op); !text.empty())
      frozen.push_back({text, op.location});
  }
  for (const SettledExtent &extent : trace.settled)
    frozen.push_back({extent.text, extent.location});
  for (auto &[text, location] : assumption_texts(trace))
    frozen.push_back({std::move(text), location});
  return frozen;
}

} // namespace etch::tracer
