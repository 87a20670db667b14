// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <span>
#include <string>

namespace etch::tracer {

/// Throws Error (invalid_argument) naming the first C++ value or size that differs from the traced one.
void check_values(const std::string &function, std::span<const detail::Leaf> traced,
                  std::span<const detail::Leaf> given, Location location);

/// What a signature says of each Variable.
std::vector<ArgumentVariable> argument_variables(std::span<const Variable *const> variables);
/// Throws Error (dtype, shape, invalid_argument) naming the first Variable that differs from the traced one, or that is
/// the same as another where they differed, or the other way round.
void check_variables(const std::string &function, const Trace &trace, std::span<const Variable *const> given,
                     Location location);

} // namespace etch::tracer
