// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <span>

namespace etch::tracer {

/// Whether an op is the same wherever it stands: a number, a range.
bool is_constant(const TraceOp &op);

/// The ops of a trace from `first` on up to `end` as a trace of their own, with values of the whole as arguments and
/// results. What is captured stays so, constants before them are computed anew. Requires: they use no other value from
/// before, and every symbol is the extent of some argument.
Trace slice(const Trace &whole, int first, int end, std::span<const int> arguments, std::span<const int> results);

} // namespace etch::tracer
