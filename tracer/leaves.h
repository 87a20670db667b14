// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <span>
#include <string>

namespace etch::tracer {

/// Whether two leaves of one path are the same in a signature, to the bit. Of tensors and Variables as far as their
/// text says.
bool is_same(const detail::Leaf &a, const detail::Leaf &b);
/// The text of a leaf, with its type, letters or bits where those alone tell it from another one.
std::string distinct_text(const detail::Leaf &leaf, const detail::Leaf &other);

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
