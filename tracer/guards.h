// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dim_program.h"
#include "tracer/trace.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace etch::tracer {

/// False where one of the assumptions is known to be wrong; number_of() gives nothing for what is not known.
bool may_hold(const ops::InferContext &assumptions,
              const std::function<std::optional<int64_t>(const ops::Dim &)> &number_of);

/// What a trace takes for granted of its symbols, in a form that each call can check without look-ups.
class Guards {
public:
  explicit Guards(const Trace &trace);

  /// Requires: arguments of the trace's signature.
  bool hold(std::span<const Tensor *const> arguments) const;

private:
  enum class Rule : uint8_t { equal, at_least, divisible };
  struct Guard {
    Rule rule;
    Location location; ///< of the call that assumed it
  };

  void add(Rule rule, const ops::Dim &a, const ops::Dim &b, Location location, std::vector<ops::Dim> &dims);

  struct Source {
    int argument;
    int axis;
  };
  std::vector<Source> sources_; ///< of the symbols, in order
  std::vector<Guard> guards_;   ///< over the program's results 2 i and 2 i + 1
  runtime::DimProgram program_;
};

} // namespace etch::tracer
