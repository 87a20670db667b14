// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "codegen/compile.h"
#include "tracer/trace.h"

#include <etch/function.h>

#include <string>

namespace etch::tracer {

/// Machine code for a trace. Each call works in an MLIR context of its own and leaves nothing of it behind.
codegen::Compiled compile_trace(const Trace &trace);
/// The arithmetic operations of one call, over the symbols of the trace's arguments (codegen/count_operations.h).
ops::Dim count_operations(const Trace &trace);
/// The trace in the etch dialect.
std::string etch_text(const Trace &trace);
std::string graph_text(const Trace &trace);
std::string lowered_text(const Trace &trace, Phase phase);

} // namespace etch::tracer
