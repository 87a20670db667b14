// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/trace.h"

#include "runtime/dispatcher.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"

#include <algorithm>

namespace etch::tracer {
namespace {

std::string value_text(const Trace &trace, int value) {
  return value == Trace::kUndefined ? "undefined" : trace.type(value).message_text();
}

} // namespace

Tensor LateCapture::value() const {
  const Tensor tensor = read();
  const ops::TensorType now = runtime::type_of(tensor, "late", location);
  ETCH_REQUIRE(now == type, now.dtype == type.dtype ? ErrorCode::shape : ErrorCode::dtype, location)
      << "late: the tensor must be " << type.message_text() << ", as it was traced, got " << now.message_text();
  return runtime::Dispatcher::eager().value_now(tensor, "late", location);
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
