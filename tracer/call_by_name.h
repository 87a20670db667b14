// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <span>

namespace etch::tracer {

class ConcreteFunction;

/// Of the tensors among the arguments that a call brings, in order.
std::vector<std::string> argument_names(const Trace &trace);
/// Of the tensors among the results, in order: "result", "result[1]", "result.loss".
std::vector<std::string> result_names(const Trace &trace, void (*list)(detail::LeafList &list));

/// A call's arguments, put together from tensors and Variables by name and the C++ values of the trace.
class NamedArguments {
public:
  /// Throws Error (invalid_argument) naming what is missing, unknown or undefined.
  NamedArguments(const ConcreteFunction &function, const detail::CallableType &type,
                 const std::map<std::string, Tensor> &tensors, const std::map<std::string, Variable> &variables,
                 Location location);

  const detail::FlatArguments &flat() const { return arguments_; }

private:
  const Tensor undefined_;
  detail::FlatArguments arguments_;
};

/// The positions among `names` of what is to be fetched. Throws Error (invalid_argument) for a name that is none.
std::vector<size_t> fetched(const std::string &function, const std::vector<std::string> &names,
                            const std::vector<std::string> &fetches, Location location);

} // namespace etch::tracer
