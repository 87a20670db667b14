// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <string>
#include <vector>

namespace etch::tracer {

/// What became part of the trace and later changes do not reach, with its lines: C++ values among the arguments, eager
/// tensors, numbers beside tensors, what ops were given besides tensors and does not stand in their declarations, and
/// what the callable has learned of open extents.
std::vector<FrozenValue> frozen_values(const Trace &trace);

/// "[2,3]", "f32", "\"edge\"".
std::string attr_text(const ops::Attr &attr);
/// Callbacks are numbered anew by every trace, and functions cannot be compared.
bool is_numbered_anew(const ops::AttrDef &attr);

} // namespace etch::tracer
