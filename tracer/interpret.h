// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <span>
#include <vector>

namespace etch::runtime {
class Dispatcher;
}

namespace etch::tracer {

/// The extents that a trace's symbols stand for in one call, which an outer trace may not know either.
class SymbolValues {
public:
  /// Requires: defined arguments where the trace has values. Both must outlive it.
  SymbolValues(const Trace &trace, const detail::FlatArguments &arguments) : trace_(trace), arguments_(arguments) {}

  ops::Dim evaluate(const ops::Dim &dim) const;
  /// The attributes with every dimension expression evaluated.
  ops::Attrs evaluate(const ops::Attrs &attrs) const;

private:
  ops::Dim value_of(const std::string &symbol) const;

  const Trace &trace_;
  const detail::FlatArguments &arguments_;
};

/// Makes the recorded calls again, in order, on actual arguments: the meaning of a trace. With the eager dispatcher it
/// has the effects of the callable and throws its errors; with a recorder it inlines the trace. Returns the values of
/// the trace's results.
std::vector<Tensor> interpret(const Trace &trace, const detail::FlatArguments &arguments,
                              runtime::Dispatcher &dispatcher);

} // namespace etch::tracer
