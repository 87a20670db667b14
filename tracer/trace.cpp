// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/trace.h"

#include <algorithm>

namespace etch::tracer {
namespace {

std::string value_text(const Trace &trace, int value) {
  return value == Trace::kUndefined ? "undefined" : trace.type(value).message_text();
}

} // namespace

ResultLayout layout_results(const Trace &trace) {
  ResultLayout layout;
  for (const int result : trace.results) {
    if (result == Trace::kUndefined) {
      layout.outputs.push_back(Trace::kUndefined);
      continue;
    }
    const auto known = std::find(layout.values.begin(), layout.values.end(), result);
    layout.outputs.push_back(static_cast<int>(known - layout.values.begin()));
    if (known == layout.values.end())
      layout.values.push_back(result);
  }
  return layout;
}

std::string signature_text(const Trace &trace) {
  std::string text = trace.name + "(";
  for (size_t i = 0; i < trace.arguments.size(); ++i)
    text += (i ? ", " : "") + trace.argument_paths[i] + ": " + value_text(trace, trace.arguments[i]);
  text += ") -> (";
  for (size_t i = 0; i < trace.results.size(); ++i)
    text += (i ? ", " : "") + value_text(trace, trace.results[i]);
  return text + ")";
}

} // namespace etch::tracer
