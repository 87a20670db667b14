// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dispatcher.h"
#include "tracer/trace.h"

#include <span>
#include <string>
#include <vector>

namespace etch::tracer {

/// Runs calls eagerly and keeps what they were and gave.
class OpLog final : public runtime::Dispatcher {
public:
  struct Entry {
    const ops::OpDef *def;
    Location location;
    std::vector<Tensor> results;
  };

  void call(const runtime::OpCall &call, std::span<Tensor> results) override;
  void check(const runtime::OpCall &function) override { eager().check(function); }
  Tensor literal(const ops::Scalar &value, Location location) override { return eager().literal(value, location); }

  std::vector<Entry> entries;
};

/// The values of Variables, to be put back.
class SavedVariables {
public:
  SavedVariables(const Trace &trace, const detail::FlatArguments &arguments);

  void restore() const;
  /// Taken after a compiled run: "" where an eager one left the same values, else which one differs, where and by how
  /// much.
  std::string difference_from_now() const;

private:
  std::vector<std::shared_ptr<detail::VariableState>> states_;
  std::vector<Tensor> values_;
};

/// "element [1,2]: 3 eagerly, 1.5 compiled, 8388608 ulp"; empty for equal bits, all NaNs being equal.
std::string difference(const Tensor &a, const Tensor &b, const char *of_a = "eagerly", const char *of_b = "compiled");

/// The first operation whose compiled result differs from the logged one, searched by compiling beginnings of the
/// trace. Leaves the Variables as `before` has them.
std::string first_difference(const Trace &trace, const OpLog &log, const detail::FlatArguments &arguments,
                             const SavedVariables &before);

} // namespace etch::tracer
