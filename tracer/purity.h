// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

namespace etch::tracer {

/// Throws Error (tracing) with the first difference between two traces of one callable for one signature.
void require_same(const Trace &first, const Trace &second);

} // namespace etch::tracer
