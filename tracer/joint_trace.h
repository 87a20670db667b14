// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <etch/detail/gradients.h>

#include <memory>
#include <span>
#include <vector>

namespace etch::tracer {

/// Something outside of a trace that it reads and that a tape may track.
struct TraceInput {
  enum class Kind : uint8_t {
    argument, ///< index: flat
    captured, ///< index: in Trace::captured
    number,   ///< index: of the value that a captured tensor of rank 0 is, in Trace::captured_numbers
    variable  ///< index: in Trace::variables
  };
  Kind kind;
  int index;
  bool operator==(const TraceInput &) const = default;
};

/// All of a trace but what `late` reads.
std::vector<TraceInput> inputs_of(const Trace &trace);
/// What an input is in one call.
detail::GradientLeaf leaf_of(const Trace &trace, const TraceInput &input, const detail::FlatArguments &arguments);

ops::TensorType type_of(const Trace &trace, const TraceInput &input);

/// What a trace is asked to be followed by.
struct JointRequest {
  static constexpr int kUntracked = -1;

  const Trace &trace;
  std::span<const TraceInput> inputs;
  /// Per input: the first one that is the same tensor, most often itself; kUntracked where no gradient is of interest.
  std::span<const int> tracked;
  /// Values of the trace's results, each once, and which of them have a gradient.
  std::span<const int> values;
  std::vector<bool> dys;
  /// Per input: whether later uses have given something to start from, and whether its gradient is wanted.
  std::vector<bool> sums, needed;
  /// Per value: whether its gradient is wanted, its own dy included.
  std::vector<bool> needed_values = {};
};

/// The ops of a trace, with composites expanded where a gradient passes, and after them those of a gradient, in the
/// order in which a tape around the callable makes them. Its arguments are those of the trace, then a gradient for each
/// of the values, then a sum for each of the inputs, whether it is used or not, so that numbers of values are the same
/// for all requests that differ in these alone.
struct JointTrace {
  Trace trace;
  int forward_end;            ///< of the ops
  std::vector<int> results;   ///< those of the trace, as values of this one
  std::vector<int> gradients; ///< per input, then per value of the request: a value, or Trace::kUndefined

  int dy(const JointRequest &request, size_t value) const {
    return trace.arguments[request.trace.arguments.size() + value];
  }
  int sum(const JointRequest &request, size_t input) const {
    return trace.arguments[request.trace.arguments.size() + request.values.size() + input];
  }
  /// Values that the gradient uses and the ops before it make, arguments and constants left out, in order.
  std::vector<int> residuals() const;
  /// The arguments that the gradient uses, as values.
  std::vector<bool> used_arguments() const;

private:
  std::vector<bool> used_values() const;
};

/// Throws Error where the gradient does, which a tape would throw when it is asked.
JointTrace record_joint(const JointRequest &request);

} // namespace etch::tracer
