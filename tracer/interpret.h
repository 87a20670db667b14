// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dispatcher.h"
#include "tracer/trace.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace etch::tracer {

/// A trace that stays a call of its function where it is interpreted into a recording.
struct AsCall {
  std::shared_ptr<const ConcreteFunction> callee;
  Location location; ///< of the call
};

/// The extents that a trace's symbols stand for in one call, which an outer trace may not know either.
class SymbolValues {
public:
  /// Requires: defined arguments where the trace has values. Both must outlive it.
  /// Extents that are not known are answered in the terms of `where`, whoever's they are.
  SymbolValues(const Trace &trace, const detail::FlatArguments &arguments,
               runtime::Dispatcher &where = runtime::Dispatcher::current())
      : trace_(trace), arguments_(arguments), where_(where) {}

  /// Asks for all of them now: the arguments may not be what they are for as long as this is asked.
  void keep_all();
  ops::Dim evaluate(const ops::Dim &dim) const;
  /// The attributes with every dimension expression evaluated.
  ops::Attrs evaluate(const ops::Attrs &attrs) const;

private:
  ops::Dim value_of(const std::string &symbol) const;

  const Trace &trace_;
  const detail::FlatArguments &arguments_;
  runtime::Dispatcher &where_;
  std::map<std::string, ops::Dim> kept_;
};

/// The attributes with each dimension expression replaced.
ops::Attrs with_dims(ops::Attrs attrs, const std::function<ops::Dim(const ops::Dim &)> &replacement);

/// Makes the recorded calls again, in order, on actual arguments: the meaning of a trace. With the eager dispatcher it
/// has the effects of the callable and throws its errors; with a recorder it inlines the trace, or notes that it is a
/// call. Returns the values of the trace's results.
std::vector<Tensor> interpret(const Trace &trace, const detail::FlatArguments &arguments,
                              runtime::Dispatcher &dispatcher, const AsCall *as_call = nullptr);

} // namespace etch::tracer
